-- The guard against silent changes looks its entry up by key. currval may give another value for each
-- row, so a comparison with it can't use an index: each commit read the whole inbox.
-- +goose Up
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION require_event() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
DECLARE
    last bigint; -- entry that this session wrote; before its first one currval is an error
BEGIN
    BEGIN
        last := currval('event_inbox_inbox_id_seq');
    EXCEPTION WHEN object_not_in_prerequisite_state THEN
        NULL;
    END;
    PERFORM FROM event_inbox WHERE inbox_id = last AND xmin = pg_current_xact_id()::xid;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'a change of % without its entry', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'change_without_entry';
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd
