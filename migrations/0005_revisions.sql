-- Managed objects: what each was at each revision, and when its next timer is due.
-- +goose Up
ALTER TABLE objects ADD COLUMN due_at timestamptz; -- the earliest of its timers
CREATE INDEX objects_due ON objects (due_at) WHERE due_at IS NOT NULL AND deleted_at IS NULL;

-- Every change is a revision; a restore makes a new one of an old one's content.
CREATE TABLE object_revisions (
    object_id    bigint NOT NULL REFERENCES objects (id),
    revision     bigint NOT NULL,
    action       text NOT NULL, -- create, update, delete, restore, or the kind's own
    name         text NOT NULL,
    state        text NOT NULL,
    attributes   json NOT NULL,
    deleted      boolean NOT NULL,
    reason       text NOT NULL,
    actor_name   text NOT NULL,
    actor_level  text NOT NULL, -- nobody looks up: below it the name is not shown
    made_at      timestamptz NOT NULL,
    sales_org_id bigint NOT NULL,
    dealer_id    bigint,
    reseller_id  bigint,
    PRIMARY KEY (object_id, revision)
);
ALTER TABLE object_revisions ENABLE ROW LEVEL SECURITY;
ALTER TABLE object_revisions FORCE ROW LEVEL SECURITY;
CREATE POLICY root ON object_revisions TO annals_root USING (true);
CREATE POLICY sales_org ON object_revisions TO annals_sales_org USING (sales_org_id = scope_id());
CREATE POLICY dealer ON object_revisions TO annals_dealer USING (dealer_id = scope_id());
CREATE POLICY reseller ON object_revisions TO annals_reseller USING (reseller_id = scope_id());
-- A revision is never changed: nobody has the right.
GRANT SELECT, INSERT ON object_revisions TO annals_root, annals_sales_org, annals_dealer, annals_reseller;
