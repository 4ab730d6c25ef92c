-- No change without its entry: the database itself refuses to commit a change of an object, a tenant
-- or a person in a transaction that has recorded nothing.
-- +goose Up
-- +goose StatementBegin
CREATE FUNCTION require_event() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    -- The last entry that this session wrote, if this transaction wrote it: one look-up by key. Before
    -- a session's first entry there is no current value, which is an error of its own.
    BEGIN
        PERFORM FROM event_inbox WHERE inbox_id = currval('event_inbox_inbox_id_seq') AND xmin = pg_current_xact_id()::xid;
    EXCEPTION WHEN object_not_in_prerequisite_state THEN
        NULL;
    END;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'a change of % without its entry', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'change_without_entry';
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd
REVOKE ALL ON FUNCTION require_event() FROM PUBLIC;
-- A stub is no change of ours: it appears with the entry that speaks of it.
CREATE CONSTRAINT TRIGGER objects_recorded AFTER INSERT OR UPDATE OF name, state, attributes, revision, tenant_id, deleted_at ON objects
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.managed) EXECUTE FUNCTION require_event();
CREATE CONSTRAINT TRIGGER objects_deletion_recorded AFTER DELETE ON objects
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION require_event();
CREATE CONSTRAINT TRIGGER tenants_recorded AFTER INSERT OR DELETE OR UPDATE OF name, state, mfa_policy, parent_id, revision ON tenants
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION require_event();
CREATE CONSTRAINT TRIGGER users_recorded AFTER INSERT OR DELETE OR UPDATE OF email, name, role, state, time_zone, mfa_enabled, tenant_id, revision ON users
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION require_event();
