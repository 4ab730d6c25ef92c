-- What an organization has at most one of, such as a setting, and how what is above holds below.
-- +goose Up
-- No two live objects of one kind and organization share it: '' of a setting, the value of a kind's
-- unique field, NULL where there may be any number.
ALTER TABLE objects ADD COLUMN unique_key text;
CREATE UNIQUE INDEX object_taken ON objects (sales_org_id, tenant_id, kind, unique_key) WHERE deleted_at IS NULL AND unique_key IS NOT NULL;

-- What was one of several until now: the newest is the setting.
ALTER TABLE objects NO FORCE ROW LEVEL SECURITY;
UPDATE objects SET unique_key = '' WHERE id IN (SELECT max(id) FROM objects
    WHERE managed AND deleted_at IS NULL AND kind IN ('sbc.audit_log_retention', 'sbc.connection_log_server') GROUP BY tenant_id, kind);
ALTER TABLE objects FORCE ROW LEVEL SECURITY;

-- What holds for organizations: of each wanted kind and key, that of the nearest one upwards. A
-- dealer can't read its sales organization's row, but what it says holds for him: so the owner looks,
-- for whomever the caller's own policy on tenants lets through. In PL/pgSQL, which keeps the plan: a
-- function in SQL is planned anew with every call, which took longer than the answer.
CREATE POLICY owner ON objects FOR SELECT TO CURRENT_USER USING (unique_key IS NOT NULL);
-- +goose StatementBegin
CREATE FUNCTION held_by(organizations bigint[], kinds text[], keys text[])
RETURNS TABLE (organization bigint, kind text, unique_key text, id bigint, holder bigint, level text, state text, attributes json, revision bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT DISTINCT ON (t.id, o.kind, o.unique_key) t.id, o.kind, o.unique_key, o.id, h.id, h.level, o.state, o.attributes, o.revision
    FROM tenants t
    CROSS JOIN LATERAL (VALUES
        (t.reseller_id, t.sales_org_id, 'reseller', 3),
        (t.dealer_id, t.sales_org_id, 'dealer', 2),
        (t.sales_org_id, t.sales_org_id, 'sales_org', 1),
        ((SELECT r.id FROM tenants r WHERE r.level = 'root'), 0, 'root', 0)) AS h (id, sales_org_id, level, depth)
    JOIN objects o ON o.sales_org_id = h.sales_org_id AND o.tenant_id = h.id AND o.kind = ANY (kinds) AND o.unique_key = ANY (keys)
        AND o.deleted_at IS NULL
    WHERE t.id = ANY (organizations) AND CASE current_setting('role')
        WHEN 'annals_root' THEN true
        WHEN 'annals_sales_org' THEN t.sales_org_id = scope_id()
        WHEN 'annals_dealer' THEN t.dealer_id = scope_id()
        WHEN 'annals_reseller' THEN t.reseller_id = scope_id()
        ELSE t.id = scope_tenant_id()
    END
    ORDER BY t.id, o.kind, o.unique_key, h.depth DESC;
END $$;
-- +goose StatementEnd
REVOKE ALL ON FUNCTION held_by(bigint[], text[], text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION held_by(bigint[], text[], text[]) TO annals_root, annals_sales_org, annals_dealer, annals_reseller, annals_user;
