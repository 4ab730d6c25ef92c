-- Why and for whom an object was changed, beside who and when.
-- +goose Up
ALTER TABLE object_revisions
    ADD COLUMN commentary   text NOT NULL DEFAULT '',
    ADD COLUMN behalf_name  text NOT NULL DEFAULT '',
    ADD COLUMN behalf_level text NOT NULL DEFAULT ''; -- nobody looks up: below it the name is not shown
