-- Files that are the value of an object's field, and changes of many objects at once from a CSV file.
-- +goose Up
-- Each row is one object's: nothing is shared, so that nobody learns from a digest or a size what
-- somebody else has.
CREATE TABLE files (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    object_id    bigint REFERENCES objects (id), -- NULL: an upload that nothing refers to yet
    tenant_id    bigint NOT NULL REFERENCES tenants (id), -- the object's; of an upload the uploader's
    sales_org_id bigint NOT NULL DEFAULT 0,
    dealer_id    bigint,
    reseller_id  bigint,
    name         text NOT NULL,
    size         bigint NOT NULL CHECK (size = octet_length(content)),
    sha256       text NOT NULL,
    content      bytea NOT NULL,
    uploaded_by  bigint NOT NULL, -- the user; 0: the system
    uploaded_at  timestamptz NOT NULL DEFAULT now()
);
ALTER TABLE files ALTER COLUMN content SET STORAGE EXTERNAL; -- ANTEX and ERP files are packed already, or read whole
CREATE INDEX files_object ON files (object_id) WHERE object_id IS NOT NULL;
CREATE INDEX files_unused ON files (uploaded_at) WHERE object_id IS NULL;

-- A bulk change: a file whose lines create or change objects of one kind. It belongs to whoever
-- prepared it, because its preview shows what that scope may see.
CREATE TABLE bulk_changes (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id     bigint NOT NULL REFERENCES tenants (id),
    sales_org_id  bigint NOT NULL DEFAULT 0,
    dealer_id     bigint,
    reseller_id   bigint,
    target_id     bigint NOT NULL REFERENCES tenants (id), -- whose the new objects become
    kind          text NOT NULL,
    within_id     bigint REFERENCES objects (id), -- the one object that all of them belong to: a rate's tariff
    matching      text NOT NULL CHECK (matching IN ('id', 'name')),
    expert_mode   boolean NOT NULL,
    file_name     text NOT NULL,
    file_sha256   text NOT NULL,
    state         text NOT NULL DEFAULT 'checking' CHECK (state IN ('checking', 'ready', 'applying', 'done', 'failed', 'discarded')),
    lines         bigint NOT NULL,
    progress      bigint NOT NULL DEFAULT 0, -- lines that the present step has done
    creates       bigint NOT NULL DEFAULT 0,
    changes       bigint NOT NULL DEFAULT 0,
    same          bigint NOT NULL DEFAULT 0,
    bad           bigint NOT NULL DEFAULT 0,
    error         text NOT NULL DEFAULT '',
    created_by    text NOT NULL,
    created_level text NOT NULL, -- nobody looks up: below it the name is not shown
    created_at    timestamptz NOT NULL DEFAULT now(),
    progressed_at timestamptz NOT NULL DEFAULT now(), -- tells one that was cut off from one that runs
    finished_at   timestamptz
);
CREATE TABLE bulk_lines (
    bulk_id    bigint NOT NULL REFERENCES bulk_changes (id) ON DELETE CASCADE,
    n          bigint NOT NULL, -- counts the file's rows from 1
    line       bigint NOT NULL, -- where the row begins in the file
    state      text NOT NULL CHECK (state IN ('create', 'change', 'same', 'bad')),
    object_id  bigint,
    revision   bigint NOT NULL DEFAULT 0, -- that the preview saw
    name       text NOT NULL DEFAULT '',
    wrong      text NOT NULL DEFAULT '',  -- the field that is wrong, where it is one
    reason     text NOT NULL DEFAULT '',  -- why the line is bad; never the line itself
    attributes json,                      -- what is sent to the engine; a secret is its fingerprint already
    changes    json,                      -- [{field, old, new}] as a person reads them
    PRIMARY KEY (bulk_id, n)
);
CREATE INDEX bulk_lines_state ON bulk_lines (bulk_id, state, n);

-- +goose StatementBegin
DO $$
DECLARE
    t text;
    w text;
BEGIN
    FOREACH t IN ARRAY ARRAY['files', 'bulk_changes'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY root ON %I TO annals_root USING (true)', t);
        FOREACH w IN ARRAY ARRAY['sales_org', 'dealer', 'reseller'] LOOP
            EXECUTE format('CREATE POLICY %I ON %I TO %I USING (%I = scope_id())', w, t, 'annals_' || w, w || '_id');
        END LOOP;
        EXECUTE format('GRANT SELECT, INSERT, UPDATE ON %I TO annals_root, annals_sales_org, annals_dealer, annals_reseller', t);
        EXECUTE format('GRANT DELETE ON %I TO annals_root', t); -- what is swept
    END LOOP;
END $$;
-- +goose StatementEnd
ALTER TABLE bulk_lines ENABLE ROW LEVEL SECURITY;
ALTER TABLE bulk_lines FORCE ROW LEVEL SECURITY;
CREATE POLICY of_bulk_change ON bulk_lines USING (EXISTS (SELECT FROM bulk_changes b WHERE b.id = bulk_id));
GRANT SELECT, INSERT ON bulk_lines TO annals_root, annals_sales_org, annals_dealer, annals_reseller;
CREATE INDEX objects_named ON objects (kind, tenant_id, name) WHERE managed AND deleted_at IS NULL; -- "update by name"
