-- A partition that an import has just filled has no statistics until autovacuum comes by, a minute
-- later: until then PostgreSQL sorts all entries of an object where it should walk to the first fifty.
-- +goose Up
-- +goose StatementBegin
-- Gathers the statistics of one partition that never had any; returns whether there was one.
CREATE FUNCTION analyze_fresh_events() RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    fresh regclass;
BEGIN
    SELECT c.oid INTO fresh FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = 'events'::regclass AND c.reltuples < 0 AND pg_relation_size(c.oid) > 0 LIMIT 1;
    IF fresh IS NOT NULL THEN
        EXECUTE format('ANALYZE %s', fresh);
    END IF;
    RETURN fresh IS NOT NULL;
END $$;
-- +goose StatementEnd
REVOKE ALL ON FUNCTION analyze_fresh_events() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION analyze_fresh_events() TO annals_sealer;
