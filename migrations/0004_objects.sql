-- The inventory: what events are about. A row that we don't manage is a stub, made by the first
-- event that speaks of it, so that it has a page and a timeline.
-- +goose Up
CREATE TABLE objects (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind          text NOT NULL, -- a row of the catalogue: "mor.device"
    source        text NOT NULL, -- the installation that it lives in; '' for ours
    importer_id   bigint NOT NULL DEFAULT 0, -- the tenant of whoever imported the stub; 0 for ours
    external_id   text NOT NULL, -- the source's own id
    name          text NOT NULL,
    state         text NOT NULL DEFAULT '',
    managed       boolean NOT NULL DEFAULT false,
    attributes    json NOT NULL DEFAULT '{}',
    revision      bigint NOT NULL DEFAULT 0,
    tenant_id     bigint NOT NULL REFERENCES tenants (id),
    sales_org_id  bigint NOT NULL DEFAULT 0, -- 0: the platform's own
    dealer_id     bigint,
    reseller_id   bigint,
    first_seen_at timestamptz NOT NULL DEFAULT now(),
    deleted_at    timestamptz,
    -- Starts with the sales organization and the importer, so that a clash never tells of somebody
    -- else's object: anybody may write any source's name.
    CONSTRAINT object_known UNIQUE (sales_org_id, importer_id, kind, source, external_id)
);
CREATE INDEX objects_kind ON objects (kind, id);
CREATE INDEX objects_dealer ON objects (dealer_id, id) WHERE dealer_id IS NOT NULL;
CREATE INDEX objects_reseller ON objects (reseller_id, id) WHERE reseller_id IS NOT NULL;
ALTER TABLE objects ENABLE ROW LEVEL SECURITY;
ALTER TABLE objects FORCE ROW LEVEL SECURITY;
CREATE POLICY root ON objects TO annals_root USING (true);
CREATE POLICY sales_org ON objects TO annals_sales_org USING (sales_org_id = scope_id());
CREATE POLICY dealer ON objects TO annals_dealer USING (dealer_id = scope_id());
CREATE POLICY reseller ON objects TO annals_reseller USING (reseller_id = scope_id());
GRANT SELECT, INSERT, UPDATE ON objects TO annals_root, annals_sales_org, annals_dealer, annals_reseller;
GRANT SELECT ON objects TO annals_user;

-- Imports: what came in from a file, so that it can be followed and looked up again.
CREATE TABLE imports (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id    bigint NOT NULL REFERENCES tenants (id),
    sales_org_id bigint,
    dealer_id    bigint,
    reseller_id  bigint,
    system       text NOT NULL,
    source       text NOT NULL,
    file_name    text NOT NULL,
    state        text NOT NULL CHECK (state IN ('running', 'done', 'failed')),
    read         bigint NOT NULL DEFAULT 0,
    accepted     bigint NOT NULL DEFAULT 0,
    duplicates   bigint NOT NULL DEFAULT 0,
    rejected     bigint NOT NULL DEFAULT 0,
    error        text NOT NULL DEFAULT '',
    created_by   text NOT NULL,
    started_at   timestamptz NOT NULL DEFAULT now(),
    finished_at  timestamptz
);
CREATE TABLE import_rejects (
    import_id bigint NOT NULL REFERENCES imports (id),
    n         bigint NOT NULL, -- counts the import's rejected rows from 1: rows of a JSON file may share a line
    line      bigint NOT NULL,
    reason    text NOT NULL, -- never the row itself: it may hold a password
    PRIMARY KEY (import_id, n)
);
ALTER TABLE imports ENABLE ROW LEVEL SECURITY;
ALTER TABLE imports FORCE ROW LEVEL SECURITY;
CREATE POLICY root ON imports TO annals_root USING (true);
CREATE POLICY sales_org ON imports TO annals_sales_org USING (sales_org_id = scope_id());
CREATE POLICY dealer ON imports TO annals_dealer USING (dealer_id = scope_id());
CREATE POLICY reseller ON imports TO annals_reseller USING (reseller_id = scope_id());
GRANT SELECT, INSERT, UPDATE ON imports TO annals_root, annals_sales_org, annals_dealer, annals_reseller;
GRANT SELECT, INSERT ON import_rejects TO annals_root, annals_sales_org, annals_dealer, annals_reseller;
