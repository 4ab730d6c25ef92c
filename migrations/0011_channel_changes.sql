-- Organizations move, and people are invited.
-- +goose Up
-- What a revision says never changes; to whom it belongs follows a move.
GRANT UPDATE (sales_org_id, dealer_id, reseller_id) ON object_revisions TO annals_root, annals_sales_org;

-- An invitation is a one-time token in a mail; a new one takes the place of the old one.
ALTER TABLE users ADD COLUMN invited_until timestamptz; -- NULL: no invitation stands
CREATE TABLE invitations (
    user_id    bigint PRIMARY KEY REFERENCES users (id),
    token_hash bytea NOT NULL UNIQUE
);
ALTER TABLE invitations ENABLE ROW LEVEL SECURITY;
ALTER TABLE invitations FORCE ROW LEVEL SECURITY;
CREATE POLICY auth ON invitations TO annals_auth USING (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON invitations TO annals_auth;
