-- Who made a revision, beside their name: after a move, whom a viewer may know is no question of levels.
-- +goose Up
ALTER TABLE object_revisions
    ADD COLUMN actor_user_id  bigint, -- NULL: no person, or made before this column
    ADD COLUMN behalf_user_id bigint;
