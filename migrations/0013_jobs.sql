-- Jobs: work outside of the inventory that an action asks for. A row is made in the transaction that
-- asks; whoever takes it holds it until due_at, and if that server dies, another one takes it then.
-- The last result of each action stays, so that the object's page can show it.
-- +goose Up
CREATE TABLE jobs (
    id          uuid PRIMARY KEY, -- also the id of the entry of its result: whoever repeats the work can't double it
    object_id   bigint NOT NULL REFERENCES objects (id),
    action      text NOT NULL,
    request     json NOT NULL,    -- who asked, from where, why, with what input
    asked_at    timestamptz NOT NULL,
    due_at      timestamptz NOT NULL,
    attempt     int NOT NULL DEFAULT 0,
    finished_at timestamptz,
    outcome     text NOT NULL DEFAULT '' CHECK (outcome IN ('', 'success', 'failure')),
    result      text NOT NULL DEFAULT '',
    CONSTRAINT job_of_action_is_one UNIQUE (object_id, action)
);
CREATE INDEX jobs_due ON jobs (due_at) WHERE finished_at IS NULL;
-- A job is seen with its object, which has its own policies.
ALTER TABLE jobs ENABLE ROW LEVEL SECURITY;
ALTER TABLE jobs FORCE ROW LEVEL SECURITY;
CREATE POLICY of_object ON jobs USING (EXISTS (SELECT FROM objects o WHERE o.id = object_id));
GRANT SELECT, INSERT, UPDATE ON jobs TO annals_root, annals_sales_org, annals_dealer, annals_reseller;
GRANT DELETE ON jobs TO annals_root;
GRANT SELECT ON jobs TO annals_user;
