-- The log: the inbox that a business transaction writes into, and the sealed events that readers see.
-- +goose Up
CREATE TABLE event_inbox (
    inbox_id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id         uuid NOT NULL,
    sales_org_id     bigint NOT NULL, -- 0: the platform's own
    system           text NOT NULL,
    source           text NOT NULL,
    external_id      text NOT NULL,
    external_no      bigint,          -- the same as a number, where it is one
    occurred_at      timestamptz NOT NULL,
    recorded_at      timestamptz NOT NULL,
    type             text NOT NULL,
    class            text NOT NULL,
    category         text NOT NULL,
    activity         text NOT NULL,
    state            text NOT NULL,
    outcome          text NOT NULL,
    description      text NOT NULL,
    code             text NOT NULL,
    actor_kind       text NOT NULL,
    actor_id         text NOT NULL,
    actor_sub_id     text NOT NULL,
    actor_name       text NOT NULL,
    actor_level      text NOT NULL,
    actor_rank       smallint NOT NULL, -- 0 root … 4 user: whoever has a greater rank may not know the actor
    actor_user_id    bigint,
    behalf           json,
    object_kind      text NOT NULL,
    object_id        text NOT NULL,
    object_name      text NOT NULL,
    object_revision  text NOT NULL,
    object_ref       bigint,
    linked_kind      text NOT NULL,
    linked_id        text NOT NULL,
    linked_name      text NOT NULL,
    linked_revision  text NOT NULL,
    linked_ref       bigint,
    subject_name     text NOT NULL,
    subject_id       bigint,
    customer         text NOT NULL,
    changes          json,            -- json, not jsonb: what is hashed is kept byte for byte
    data             json,
    reason           text NOT NULL,
    commentary       text NOT NULL,
    ip               inet,
    node             text NOT NULL,
    user_agent       text NOT NULL,
    session_id       text NOT NULL,
    request_id       text NOT NULL,
    used_api         boolean NOT NULL,
    from_provider    boolean NOT NULL,
    expert_mode      boolean NOT NULL,
    import_file_id   text NOT NULL,
    import_file_line bigint,
    cdr_file_id      text NOT NULL,
    cdr_file_line    bigint,
    sales_org_name   text NOT NULL,
    dealer_id        bigint,
    dealer_name      text NOT NULL,
    reseller_id      bigint,
    reseller_name    text NOT NULL,
    user_id          bigint,          -- the subject, else the acting user
    user_name        text NOT NULL,
    original         json,
    search_text      text NOT NULL,   -- lower case: what a text search looks at
    actor_text       text NOT NULL,   -- lower case: the part of it that tells who and from where,
    CONSTRAINT event_time_in_range CHECK (occurred_at >= '1990-01-01' AND occurred_at < '2200-01-01'),
    CONSTRAINT event_outcome_known CHECK (outcome IN ('success', 'failure'))
);

-- Monthly partitions by when it happened: the grid's order, so that a page is an ordered walk over
-- the newest few, and a purge drops whole tables.
CREATE TABLE events (
    id               bigint NOT NULL, -- dense over all, given by the seal
    seq              bigint NOT NULL, -- dense in the ledger of its sales organization
    event_id         uuid NOT NULL,
    sales_org_id     bigint NOT NULL, -- 0: the platform's own
    system           text NOT NULL,
    source           text NOT NULL,
    external_id      text NOT NULL,
    external_no      bigint,          -- the same as a number, where it is one
    occurred_at      timestamptz NOT NULL,
    recorded_at      timestamptz NOT NULL,
    type             text NOT NULL,
    class            text NOT NULL,
    category         text NOT NULL,
    activity         text NOT NULL,
    state            text NOT NULL,
    outcome          text NOT NULL,
    description      text NOT NULL,
    code             text NOT NULL,
    actor_kind       text NOT NULL,
    actor_id         text NOT NULL,
    actor_sub_id     text NOT NULL,
    actor_name       text NOT NULL,
    actor_level      text NOT NULL,
    actor_rank       smallint NOT NULL, -- 0 root … 4 user: whoever has a greater rank may not know the actor
    actor_user_id    bigint,
    behalf           json,
    object_kind      text NOT NULL,
    object_id        text NOT NULL,
    object_name      text NOT NULL,
    object_revision  text NOT NULL,
    object_ref       bigint,
    linked_kind      text NOT NULL,
    linked_id        text NOT NULL,
    linked_name      text NOT NULL,
    linked_revision  text NOT NULL,
    linked_ref       bigint,
    subject_name     text NOT NULL,
    subject_id       bigint,
    customer         text NOT NULL,
    changes          json,            -- json, not jsonb: what is hashed is kept byte for byte
    data             json,
    reason           text NOT NULL,
    commentary       text NOT NULL,
    ip               inet,
    node             text NOT NULL,
    user_agent       text NOT NULL,
    session_id       text NOT NULL,
    request_id       text NOT NULL,
    used_api         boolean NOT NULL,
    from_provider    boolean NOT NULL,
    expert_mode      boolean NOT NULL,
    import_file_id   text NOT NULL,
    import_file_line bigint,
    cdr_file_id      text NOT NULL,
    cdr_file_line    bigint,
    sales_org_name   text NOT NULL,
    dealer_id        bigint,
    dealer_name      text NOT NULL,
    reseller_id      bigint,
    reseller_name    text NOT NULL,
    user_id          bigint,          -- the subject, else the acting user
    user_name        text NOT NULL,
    original         json,
    search_text      text NOT NULL,   -- lower case: what a text search looks at
    actor_text       text NOT NULL,   -- lower case: the part of it that tells who and from where,
    PRIMARY KEY (sales_org_id, id, occurred_at)
) PARTITION BY RANGE (occurred_at);

-- For each level: the grid walks (scope, time, id), a pull walks (scope, id).
CREATE INDEX events_time ON events (occurred_at, id);
CREATE INDEX events_id ON events (id);
CREATE INDEX events_sales_org_time ON events (sales_org_id, occurred_at, id);
CREATE INDEX events_dealer_time ON events (dealer_id, occurred_at, id) WHERE dealer_id IS NOT NULL;
CREATE INDEX events_dealer_id ON events (dealer_id, id) WHERE dealer_id IS NOT NULL;
CREATE INDEX events_reseller_time ON events (reseller_id, occurred_at, id) WHERE reseller_id IS NOT NULL;
CREATE INDEX events_reseller_id ON events (reseller_id, id) WHERE reseller_id IS NOT NULL;
CREATE INDEX events_user_time ON events (user_id, occurred_at, id) WHERE user_id IS NOT NULL;
CREATE INDEX events_user_id ON events (user_id, id) WHERE user_id IS NOT NULL;
-- A timeline must not miss an event because it matched the other role only.
CREATE INDEX events_object ON events (object_ref, occurred_at, id) WHERE object_ref IS NOT NULL;
CREATE INDEX events_linked ON events (linked_ref, occurred_at, id) WHERE linked_ref IS NOT NULL;
CREATE INDEX events_external ON events (system, external_no) WHERE external_no IS NOT NULL;
CREATE INDEX events_actor ON events (actor_user_id, occurred_at, id) WHERE actor_user_id IS NOT NULL;

-- Every event's id, once for ever: a retry finds its own row here, whichever partition it went to.
CREATE TABLE event_keys (
    event_id     uuid NOT NULL,
    sales_org_id bigint NOT NULL, -- in the key, so that a clash never tells of somebody else's event
    occurred_at  timestamptz NOT NULL,
    digest       bytea NOT NULL, -- SHA-256 of what was sent: tells a retry from another event under the same id; empty for our own
    PRIMARY KEY (event_id, sales_org_id)
);

-- The heads: how many numbers are given. ledger 0 is the platform's own, the others carry their
-- sales organization's id, and -1 counts all events. Whoever seals holds the lock on -1.
CREATE TABLE ledger_heads (
    ledger bigint PRIMARY KEY,
    size   bigint NOT NULL
);
INSERT INTO ledger_heads (ledger, size) VALUES (-1, 0);

-- The runtime may not make tables; it may ask for the partition of a month. What is older than the
-- last year lies in one partition a year, unless that year has monthly ones already: a page without a
-- time range touches every partition, so an import of old history must not make hundreds.
-- +goose StatementBegin
CREATE FUNCTION ensure_event_partition(month date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    first  date := date_trunc('month', month);
    span   interval := interval '1 month';
    name   text := format('events_%s', to_char(month, 'YYYYMM'));
    yearly text := format('events_%s', to_char(month, 'YYYY'));
BEGIN
    IF to_regclass(name) IS NOT NULL OR to_regclass(yearly) IS NOT NULL THEN
        RETURN;
    END IF;
    IF extract(year FROM month) < extract(year FROM now()) - 1
        AND NOT EXISTS (SELECT FROM pg_class WHERE relname LIKE yearly || '__' AND relkind = 'r') THEN
        name := yearly;
        first := date_trunc('year', month);
        span := interval '1 year';
    END IF;
    -- Made beside and attached: CREATE TABLE … PARTITION OF would shut every reader out meanwhile.
    EXECUTE format('CREATE TABLE %I (LIKE events INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', name);
    EXECUTE format('ALTER TABLE events ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', name,
        first::text || ' 00:00:00+00', (first + span)::date::text || ' 00:00:00+00');
END $$;

-- Moves up to batch rows from the inbox into events and gives them their numbers; returns how many.
-- The caller's lock on the head makes the order of numbers the order of commits, so a reader who
-- asks for id > N never misses one.
CREATE FUNCTION seal_events(batch int) RETURNS TABLE (sealed bigint, last_id bigint)
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    base bigint;
    ids  bigint[]; -- of the batch: each statement sees what was committed meanwhile, so it is chosen once
BEGIN
    SELECT size INTO base FROM ledger_heads WHERE ledger = -1 FOR UPDATE;
    SELECT array_agg(inbox_id) INTO ids FROM (SELECT inbox_id FROM event_inbox ORDER BY inbox_id LIMIT batch) b;
    PERFORM ensure_event_partition(m) FROM (
        SELECT DISTINCT date_trunc('month', occurred_at AT TIME ZONE 'UTC')::date AS m
        FROM (SELECT occurred_at FROM event_inbox WHERE inbox_id = ANY (ids)) b) months;
    INSERT INTO ledger_heads (ledger, size)
        SELECT DISTINCT sales_org_id, 0 FROM (SELECT sales_org_id FROM event_inbox WHERE inbox_id = ANY (ids)) b
        ON CONFLICT DO NOTHING;
    WITH taken AS (
        DELETE FROM event_inbox WHERE inbox_id = ANY (ids)
        RETURNING *
    ), numbered AS (
        SELECT taken.*, row_number() OVER (ORDER BY inbox_id) AS n,
            row_number() OVER (PARTITION BY sales_org_id ORDER BY inbox_id) AS k FROM taken
    ), written AS (
        INSERT INTO events (id, seq,
        event_id, sales_org_id, system, source, external_id, external_no, occurred_at, recorded_at, type, class, category,
        activity, state, outcome, description, code, actor_kind, actor_id, actor_sub_id, actor_name,
        actor_level, actor_rank, actor_user_id, behalf, object_kind, object_id, object_name, object_revision,
        object_ref, linked_kind, linked_id, linked_name, linked_revision, linked_ref, subject_name,
        subject_id, customer, changes, data, reason, commentary, ip, node, user_agent, session_id, request_id,
        used_api, from_provider, expert_mode, import_file_id, import_file_line, cdr_file_id, cdr_file_line,
        sales_org_name, dealer_id, dealer_name, reseller_id, reseller_name, user_id, user_name, original,
        search_text, actor_text)
        SELECT base + n, h.size + k,
        event_id, sales_org_id, system, source, external_id, external_no, occurred_at, recorded_at, type, class, category,
        activity, state, outcome, description, code, actor_kind, actor_id, actor_sub_id, actor_name,
        actor_level, actor_rank, actor_user_id, behalf, object_kind, object_id, object_name, object_revision,
        object_ref, linked_kind, linked_id, linked_name, linked_revision, linked_ref, subject_name,
        subject_id, customer, changes, data, reason, commentary, ip, node, user_agent, session_id, request_id,
        used_api, from_provider, expert_mode, import_file_id, import_file_line, cdr_file_id, cdr_file_line,
        sales_org_name, dealer_id, dealer_name, reseller_id, reseller_name, user_id, user_name, original,
        search_text, actor_text
        FROM numbered LEFT JOIN ledger_heads h ON h.ledger = numbered.sales_org_id -- LEFT: no head fails, and drops nothing
    ), counted AS (
        UPDATE ledger_heads h SET size = h.size + c.n
        FROM (SELECT sales_org_id AS ledger, count(*) AS n FROM numbered GROUP BY 1
              UNION ALL SELECT -1, count(*) FROM numbered HAVING count(*) > 0) c
        WHERE h.ledger = c.ledger
    )
    SELECT count(*) INTO sealed FROM numbered;
    last_id := base + sealed;
    RETURN NEXT;
END $$;
-- +goose StatementEnd
REVOKE ALL ON FUNCTION ensure_event_partition(date), seal_events(int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ensure_event_partition(date), seal_events(int) TO annals_sealer;
GRANT SELECT, DELETE ON event_inbox TO annals_sealer;
GRANT SELECT, INSERT, UPDATE ON ledger_heads TO annals_sealer;
GRANT INSERT ON events TO annals_sealer;
GRANT INSERT ON event_inbox, event_keys TO annals_root, annals_sales_org, annals_dealer, annals_reseller, annals_user, annals_auth;
GRANT SELECT ON events TO annals_root, annals_sales_org, annals_dealer, annals_reseller, annals_user;

-- Nobody updates or deletes a sealed event: no role has the right, and no policy would allow it.
ALTER TABLE events ENABLE ROW LEVEL SECURITY;
ALTER TABLE events FORCE ROW LEVEL SECURITY;
CREATE POLICY seal ON events FOR INSERT TO annals_sealer WITH CHECK (true);
CREATE POLICY root ON events FOR SELECT TO annals_root USING (true);
CREATE POLICY sales_org ON events FOR SELECT TO annals_sales_org USING (sales_org_id = scope_id());
CREATE POLICY dealer ON events FOR SELECT TO annals_dealer USING (dealer_id = scope_id());
CREATE POLICY reseller ON events FOR SELECT TO annals_reseller USING (reseller_id = scope_id());
CREATE POLICY person ON events FOR SELECT TO annals_user USING (user_id = scope_id());
