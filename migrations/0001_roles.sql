-- The database roles. The owner, who runs this file, migrates and does nothing else at run time.
-- annals_app is who the server logs in as: it owns nothing, inherits nothing and can read nothing
-- until a transaction takes one of the other roles with SET LOCAL ROLE. There is one role for each
-- level of the channel, because a policy is free only when it is one equality.
-- +goose Up
-- +goose StatementBegin
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['annals_app', 'annals_root', 'annals_sales_org', 'annals_dealer',
        'annals_reseller', 'annals_user', 'annals_auth', 'annals_sealer'] LOOP
        BEGIN
            EXECUTE format('CREATE ROLE %I NOLOGIN NOINHERIT', name);
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL; -- roles belong to the whole cluster: another database of ours made it
        END;
        IF name <> 'annals_app' THEN
            EXECUTE format('GRANT %I TO annals_app', name);
        END IF;
        EXECUTE format('GRANT USAGE ON SCHEMA public TO %I', name);
    END LOOP;
END $$;
-- +goose StatementEnd

-- What a transaction may see: the id that the policy of its role compares, or NULL. A setting
-- that was never made reads as NULL, one that a finished transaction left behind as ''.
CREATE FUNCTION scope_id() RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE
    RETURN nullif(current_setting('annals.scope', true), '')::bigint;
CREATE FUNCTION scope_tenant_id() RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE
    RETURN nullif(current_setting('annals.tenant', true), '')::bigint;
