-- The channel: the tree of tenants, the people in it, and what proves who they are.
-- +goose Up
CREATE TABLE tenants (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    parent_id    bigint REFERENCES tenants (id),
    level        text NOT NULL CHECK (level IN ('root', 'sales_org', 'dealer', 'reseller')),
    name         text NOT NULL CONSTRAINT tenant_name_valid CHECK (name <> '' AND length(name) <= 200 AND position('/' IN name) = 0),
    path         text NOT NULL, -- "/Northwind Telecom/Harbor Dealers"; root is "/"
    -- The ancestors, itself included: what an event about this tenant freezes.
    sales_org_id bigint,
    dealer_id    bigint,
    reseller_id  bigint,
    state        text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'closed')),
    mfa_policy   text NOT NULL DEFAULT 'inherit' CHECK (mfa_policy IN ('inherit', 'optional', 'required')),
    revision     bigint NOT NULL DEFAULT 1,
    created_at   timestamptz NOT NULL DEFAULT now(),
    CHECK ((parent_id IS NULL) = (level = 'root'))
);
CREATE UNIQUE INDEX tenant_root_is_one ON tenants (level) WHERE level = 'root';
CREATE UNIQUE INDEX tenant_name_taken ON tenants (parent_id, lower(name));
CREATE UNIQUE INDEX tenants_path ON tenants (path text_pattern_ops);
CREATE INDEX tenants_sales_org ON tenants (sales_org_id);
CREATE INDEX tenants_dealer ON tenants (dealer_id) WHERE dealer_id IS NOT NULL;

CREATE TABLE users (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id       bigint NOT NULL REFERENCES tenants (id),
    sales_org_id    bigint,
    dealer_id       bigint,
    reseller_id     bigint,
    email           text NOT NULL CONSTRAINT user_email_valid CHECK (email = lower(email) AND length(email) <= 254),
    name            text NOT NULL CONSTRAINT user_name_valid CHECK (name <> '' AND length(name) <= 200),
    role            text NOT NULL CHECK (role IN ('admin', 'auditor', 'user')),
    state           text NOT NULL DEFAULT 'active' CHECK (state IN ('pending', 'active', 'locked', 'deleted')),
    time_zone       text NOT NULL DEFAULT 'UTC',
    mfa_enabled     boolean NOT NULL DEFAULT false, -- says what credentials holds, for lists
    last_sign_in_at timestamptz,
    revision        bigint NOT NULL DEFAULT 1,
    created_at      timestamptz NOT NULL DEFAULT now(),
    deleted_at      timestamptz
);
-- A deleted person keeps the row, so that old entries still lead somewhere; the address is free again.
CREATE UNIQUE INDEX user_email_taken ON users (email) WHERE state <> 'deleted';
CREATE INDEX users_email ON users (email); -- signing in also looks up who is deleted
CREATE INDEX users_tenant ON users (tenant_id, id);
CREATE INDEX users_sales_org ON users (sales_org_id, id);
CREATE INDEX users_dealer ON users (dealer_id, id) WHERE dealer_id IS NOT NULL;
CREATE INDEX users_reseller ON users (reseller_id, id) WHERE reseller_id IS NOT NULL;

-- Only annals_auth reads or writes what follows: no level of the channel ever sees a hash.
CREATE TABLE credentials (
    user_id         bigint PRIMARY KEY REFERENCES users (id),
    password_hash   text NOT NULL DEFAULT '',  -- argon2id in PHC form; '' = none set
    password_at     timestamptz,
    totp_secret     bytea,                     -- sealed with a key derived from ANNALS_SECRET_KEY
    totp_pending    bytea,                     -- shown, not confirmed yet
    totp_last_step  bigint NOT NULL DEFAULT 0  -- RFC 6238, 5.2: a code is accepted once
);
CREATE TABLE recovery_codes (
    user_id   bigint NOT NULL REFERENCES users (id),
    code_hash bytea NOT NULL,
    used_at   timestamptz,
    PRIMARY KEY (user_id, code_hash)
);
CREATE TABLE one_time_passwords (
    user_id      bigint PRIMARY KEY REFERENCES users (id),
    code_hash    bytea NOT NULL,
    stands_until timestamptz NOT NULL, -- until then no request replaces it
    expires_at   timestamptz NOT NULL
);
CREATE TABLE challenges (
    token_hash bytea PRIMARY KEY,
    user_id    bigint NOT NULL REFERENCES users (id),
    purpose    text NOT NULL CHECK (purpose IN ('verify', 'setup')),
    method     text NOT NULL, -- how the first factor was given
    attempts   int NOT NULL DEFAULT 0,
    expires_at timestamptz NOT NULL
);
CREATE INDEX challenges_expire ON challenges (expires_at);
CREATE TABLE sessions (
    id           uuid PRIMARY KEY,
    user_id      bigint NOT NULL REFERENCES users (id),
    method       text NOT NULL,
    ip           inet,
    user_agent   text NOT NULL DEFAULT '',
    created_at   timestamptz NOT NULL DEFAULT now(),
    last_seen_at timestamptz NOT NULL DEFAULT now(),
    expires_at   timestamptz NOT NULL,
    revoked_at   timestamptz
);
CREATE INDEX sessions_user ON sessions (user_id, created_at);
CREATE TABLE refresh_tokens (
    token_hash bytea PRIMARY KEY,
    session_id uuid NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    used_at    timestamptz
);
CREATE INDEX refresh_tokens_session ON refresh_tokens (session_id);
CREATE TABLE throttles (
    key           text PRIMARY KEY, -- stands for an account at an address, an address, or an account: an HMAC
    failures      int NOT NULL,
    failed_at     timestamptz NOT NULL,
    retry_at      timestamptz NOT NULL,   -- until then nothing is checked
    refused       int NOT NULL DEFAULT 0, -- attempts turned away during the wait; the first has its entry
    refused_entry jsonb                   -- the entry of the others, written once the wait is over
);
CREATE TABLE api_keys (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id    bigint NOT NULL REFERENCES tenants (id),
    sales_org_id bigint,
    dealer_id    bigint,
    reseller_id  bigint,
    name         text NOT NULL CONSTRAINT api_key_name_valid CHECK (name <> '' AND length(name) <= 200),
    key_hash     bytea NOT NULL UNIQUE,
    prefix       text NOT NULL, -- the first characters, to recognize it by
    scopes       text[] NOT NULL,
    created_by   text NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    last_used_at timestamptz,
    revoked_at   timestamptz
);
CREATE INDEX api_keys_tenant ON api_keys (tenant_id, id);

-- Root and the sales organization Direct always exist.
INSERT INTO tenants (level, name, path) VALUES ('root', 'All organizations', '/');
INSERT INTO tenants (parent_id, level, name, path) SELECT id, 'sales_org', 'Direct', '/Direct' FROM tenants WHERE level = 'root';
UPDATE tenants SET sales_org_id = id WHERE level = 'sales_org';

-- Row-level security: the second wall. Each level sees by one equality.
-- +goose StatementBegin
DO $$
DECLARE
    t text;
    w text;
BEGIN
    FOREACH t IN ARRAY ARRAY['tenants', 'users', 'api_keys'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY auth ON %I TO annals_auth USING (true)', t);
        EXECUTE format('CREATE POLICY root ON %I TO annals_root USING (true)', t);
        FOREACH w IN ARRAY ARRAY['sales_org', 'dealer', 'reseller'] LOOP
            EXECUTE format('CREATE POLICY %I ON %I TO %I USING (%I = scope_id())', w, t, 'annals_' || w, w || '_id');
        END LOOP;
        EXECUTE format('GRANT SELECT ON %I TO annals_root, annals_sales_org, annals_dealer, annals_reseller, annals_user, annals_auth', t);
        EXECUTE format('GRANT INSERT, UPDATE, DELETE ON %I TO annals_root, annals_sales_org, annals_dealer, annals_reseller', t);
    END LOOP;
    FOREACH t IN ARRAY ARRAY['credentials', 'recovery_codes', 'one_time_passwords', 'challenges', 'sessions', 'refresh_tokens', 'throttles'] LOOP
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO annals_auth', t);
    END LOOP;
END $$;
-- +goose StatementEnd
CREATE POLICY person ON tenants FOR SELECT TO annals_user USING (id = scope_tenant_id());
CREATE POLICY person ON users TO annals_user USING (id = scope_id());
-- A tenant's own column holds its own id, so the id is needed before the row.
GRANT USAGE ON SEQUENCE tenants_id_seq TO annals_root, annals_sales_org, annals_dealer, annals_reseller;
GRANT UPDATE ON users TO annals_user, annals_auth;
GRANT INSERT ON users TO annals_auth;
GRANT UPDATE ON api_keys TO annals_auth;

-- Whether a tenant or one above it requires a second factor. A dealer can't read its sales
-- organization's row, but its rule binds him: so the owner looks, and says yes or no.
CREATE POLICY owner ON tenants FOR SELECT TO CURRENT_USER USING (true);
-- +goose StatementBegin
CREATE FUNCTION tenant_mfa_required(tenant bigint) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
BEGIN ATOMIC
    WITH RECURSIVE up AS (
        SELECT parent_id, mfa_policy FROM tenants WHERE id = tenant
        UNION ALL SELECT t.parent_id, t.mfa_policy FROM tenants t JOIN up ON t.id = up.parent_id
    )
    SELECT coalesce(bool_or(mfa_policy = 'required'), false) FROM up;
END;
-- +goose StatementEnd
