-- The second wall around what stands beside the log: keys, inbox, rejected rows.
-- +goose Up
-- Nobody reads the keys: they span all organizations. These functions answer what a writer must know.
-- +goose StatementBegin
CREATE FUNCTION claim_events(ids uuid[], orgs bigint[], times timestamptz[], digests bytea[]) RETURNS SETOF uuid
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    INSERT INTO event_keys (event_id, sales_org_id, occurred_at, digest) SELECT * FROM unnest(ids, orgs, times, digests)
    ON CONFLICT DO NOTHING RETURNING event_id
$$;
CREATE FUNCTION same_events(ids uuid[], orgs bigint[], digests bytea[]) RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT k.event_id FROM event_keys k JOIN unnest(ids, orgs, digests) AS sent (event_id, sales_org_id, digest)
    USING (event_id, sales_org_id) WHERE k.digest = sent.digest
$$;
CREATE FUNCTION event_times(id uuid) RETURNS SETOF timestamptz
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT occurred_at FROM event_keys WHERE event_id = id
$$;

-- An entry is written into the writer's own part of the log only. A policy can't say so: COPY is
-- refused where row-level security holds.
CREATE FUNCTION own_part() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF (CASE current_user
        WHEN 'annals_sales_org' THEN NEW.sales_org_id = scope_id()
        WHEN 'annals_dealer' THEN NEW.dealer_id = scope_id()
        WHEN 'annals_reseller' THEN NEW.reseller_id = scope_id()
        WHEN 'annals_user' THEN NEW.user_id = scope_id()
        ELSE true
    END) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'an entry outside of the scope' USING ERRCODE = 'insufficient_privilege';
END $$;
-- +goose StatementEnd
REVOKE ALL ON FUNCTION claim_events(uuid[], bigint[], timestamptz[], bytea[]), same_events(uuid[], bigint[], bytea[]), event_times(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION claim_events(uuid[], bigint[], timestamptz[], bytea[]), same_events(uuid[], bigint[], bytea[]), event_times(uuid)
    TO annals_root, annals_sales_org, annals_dealer, annals_reseller, annals_user;
CREATE TRIGGER event_inbox_own_part BEFORE INSERT ON event_inbox FOR EACH ROW EXECUTE FUNCTION own_part();

-- Rejected rows are seen with their import, which has its own policies.
ALTER TABLE import_rejects ENABLE ROW LEVEL SECURITY;
ALTER TABLE import_rejects FORCE ROW LEVEL SECURITY;
CREATE POLICY of_import ON import_rejects USING (EXISTS (SELECT FROM imports i WHERE i.id = import_id));

-- Who started an import, for those below to know only the level; and when it last went on, to tell
-- one that was cut off from one that runs.
ALTER TABLE imports ADD COLUMN created_level text NOT NULL DEFAULT 'root', ADD COLUMN progressed_at timestamptz NOT NULL DEFAULT now();

-- Which secret key this database belongs to, as a fingerprint: with another one nothing could be read.
CREATE TABLE installation (
    one        boolean PRIMARY KEY DEFAULT true CHECK (one),
    key_digest bytea NOT NULL
);
