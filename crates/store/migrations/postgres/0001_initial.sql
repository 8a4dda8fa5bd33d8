-- Times are microseconds since 1970 UTC, money is nano-dollars, ids are hyphenated UUIDs,
-- *_json columns hold JSON text, flags are 0 or 1.

CREATE TABLE settings (
    name  TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    value BYTEA NOT NULL
);

CREATE TABLE organizations (
    id         TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    name       TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE users (
    id         TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    email      TEXT COLLATE "C" NOT NULL UNIQUE,
    username   TEXT COLLATE "C" NOT NULL,
    name       TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE memberships (
    org_id     TEXT COLLATE "C" NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    user_id    TEXT COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    role_id    TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (org_id, user_id)
);
CREATE INDEX memberships_by_user ON memberships (user_id, created_at);

CREATE TABLE invitations (
    id                 TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    org_id             TEXT COLLATE "C" NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    email              TEXT COLLATE "C" NOT NULL,
    role_bindings_json TEXT COLLATE "C" NOT NULL,
    token_hash         BYTEA NOT NULL UNIQUE,
    created_by         TEXT COLLATE "C" NOT NULL,
    created_at         BIGINT NOT NULL,
    expires_at         BIGINT NOT NULL,
    claimed_at         BIGINT,
    claimed_by         TEXT COLLATE "C"
);
CREATE INDEX invitations_by_organization ON invitations (org_id, created_at, id);

CREATE TABLE service_accounts (
    id          TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    org_id      TEXT COLLATE "C" NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    name        TEXT COLLATE "C" NOT NULL,
    description TEXT COLLATE "C" NOT NULL,
    email       TEXT COLLATE "C" NOT NULL,
    role_id     TEXT COLLATE "C" NOT NULL,
    author_json TEXT COLLATE "C" NOT NULL,
    created_at  BIGINT NOT NULL
);
CREATE INDEX service_accounts_by_organization ON service_accounts (org_id, created_at, id);

-- identity: what makes a registration repeat itself. An archived cluster gives its identity up.
CREATE TABLE clusters (
    id                 TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    org_id             TEXT COLLATE "C" NOT NULL REFERENCES organizations (id),
    name               TEXT COLLATE "C" NOT NULL,
    provider_type      TEXT COLLATE "C" NOT NULL,
    identity           TEXT COLLATE "C" NOT NULL,
    provider_json      TEXT COLLATE "C" NOT NULL,
    region             TEXT COLLATE "C" NOT NULL,
    status             TEXT COLLATE "C" NOT NULL,
    agent_status       TEXT COLLATE "C" NOT NULL,
    credentials_id     TEXT COLLATE "C" NOT NULL,
    tags_json          TEXT COLLATE "C" NOT NULL,
    settings_json      TEXT COLLATE "C" NOT NULL,
    kubernetes_version TEXT COLLATE "C" NOT NULL,
    agent_version      TEXT COLLATE "C" NOT NULL,
    created_at         BIGINT NOT NULL,
    deleted_at         BIGINT,
    reconciled_at      BIGINT,
    version            BIGINT NOT NULL
);
CREATE UNIQUE INDEX clusters_by_identity ON clusters (org_id, provider_type, identity) WHERE status <> 'archived';
CREATE INDEX clusters_by_organization ON clusters (org_id, created_at, id);

-- Written in bulk and late; apart from clusters so that it meets no version counter.
CREATE TABLE cluster_activity (
    cluster_id           TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES clusters (id),
    last_snapshot_at     BIGINT,
    last_delta_at        BIGINT,
    agent_seen_at        BIGINT,
    controller_seen_at   BIGINT
);

-- Apart from clusters so that no list or get ever reads it.
CREATE TABLE cluster_credentials (
    cluster_id TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES clusters (id),
    secret     BYTEA NOT NULL
);

CREATE TABLE cluster_states (
    cluster_id       TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES clusters (id),
    sequence         BIGINT NOT NULL,
    token            TEXT COLLATE "C" NOT NULL,
    previous_token   TEXT COLLATE "C" NOT NULL,
    resync_requested BIGINT NOT NULL
);

CREATE TABLE cluster_snapshots (
    cluster_id TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES clusters (id),
    sequence   BIGINT NOT NULL,
    body       BYTEA NOT NULL
);

CREATE TABLE cluster_deltas (
    cluster_id TEXT COLLATE "C" NOT NULL REFERENCES clusters (id),
    sequence   BIGINT NOT NULL,
    body       BYTEA NOT NULL,
    PRIMARY KEY (cluster_id, sequence)
);

CREATE TABLE api_keys (
    id           TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    org_id       TEXT COLLATE "C" NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    subject_kind TEXT COLLATE "C" NOT NULL CHECK (subject_kind IN ('user', 'service_account', 'cluster')),
    subject_id   TEXT COLLATE "C" NOT NULL,
    name         TEXT COLLATE "C" NOT NULL,
    prefix       TEXT COLLATE "C" NOT NULL,
    hash         BYTEA NOT NULL UNIQUE,
    active       BIGINT NOT NULL,
    readonly     BIGINT NOT NULL,
    created_by   TEXT COLLATE "C" NOT NULL,
    created_at   BIGINT NOT NULL,
    expires_at   BIGINT,
    last_used_at BIGINT
);
CREATE INDEX api_keys_by_organization ON api_keys (org_id, created_at, id);
CREATE INDEX api_keys_by_subject ON api_keys (subject_id, created_at, id);

CREATE TABLE sessions (
    id         TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    org_id     TEXT COLLATE "C" NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    key_id     TEXT COLLATE "C" NOT NULL REFERENCES api_keys (id) ON DELETE CASCADE,
    hash       BYTEA NOT NULL UNIQUE,
    csrf_hash  BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX sessions_by_key ON sessions (key_id);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

CREATE TABLE operations (
    id            TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    org_id        TEXT COLLATE "C" NOT NULL REFERENCES organizations (id),
    cluster_id    TEXT COLLATE "C" NOT NULL REFERENCES clusters (id),
    type          TEXT COLLATE "C" NOT NULL,
    done          BIGINT NOT NULL,
    error_reason  TEXT COLLATE "C",
    error_details TEXT COLLATE "C",
    created_by    TEXT COLLATE "C" NOT NULL,
    created_at    BIGINT NOT NULL,
    finished_at   BIGINT
);
CREATE INDEX operations_by_cluster ON operations (cluster_id, created_at, id);

CREATE TABLE actions (
    id           TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    org_id       TEXT COLLATE "C" NOT NULL REFERENCES organizations (id),
    cluster_id   TEXT COLLATE "C" NOT NULL REFERENCES clusters (id),
    operation_id TEXT COLLATE "C" REFERENCES operations (id),
    after_id     TEXT COLLATE "C" REFERENCES actions (id),
    payload_json TEXT COLLATE "C" NOT NULL,
    created_at   BIGINT NOT NULL,
    deadline     BIGINT,
    done_at      BIGINT,
    error        TEXT COLLATE "C"
);
CREATE INDEX actions_pending ON actions (cluster_id, created_at, id) WHERE done_at IS NULL;
CREATE INDEX actions_by_operation ON actions (operation_id);
CREATE INDEX actions_by_predecessor ON actions (after_id);

CREATE TABLE cloud_events (
    id          BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    org_id      TEXT COLLATE "C" NOT NULL REFERENCES organizations (id),
    cluster_id  TEXT COLLATE "C" NOT NULL REFERENCES clusters (id),
    event_type  TEXT COLLATE "C" NOT NULL,
    node_id     TEXT COLLATE "C" NOT NULL,
    provider_id TEXT COLLATE "C" NOT NULL,
    received_at BIGINT NOT NULL
);
CREATE INDEX cloud_events_by_cluster ON cloud_events (cluster_id, id);

CREATE TABLE component_logs (
    id          BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    org_id      TEXT COLLATE "C" NOT NULL REFERENCES organizations (id),
    cluster_id  TEXT COLLATE "C" NOT NULL REFERENCES clusters (id),
    component   TEXT COLLATE "C" NOT NULL,
    level       TEXT COLLATE "C" NOT NULL,
    message     TEXT COLLATE "C" NOT NULL,
    fields_json TEXT COLLATE "C" NOT NULL,
    time        BIGINT NOT NULL
);
CREATE INDEX component_logs_by_cluster ON component_logs (cluster_id, id);

CREATE TABLE component_metrics (
    cluster_id  TEXT COLLATE "C" NOT NULL REFERENCES clusters (id),
    component   TEXT COLLATE "C" NOT NULL,
    series      TEXT COLLATE "C" NOT NULL,
    org_id      TEXT COLLATE "C" NOT NULL REFERENCES organizations (id),
    value       DOUBLE PRECISION NOT NULL,
    time        BIGINT NOT NULL,
    PRIMARY KEY (cluster_id, component, series)
);

CREATE TABLE audit_heads (
    org_id   TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES organizations (id),
    sequence BIGINT NOT NULL,
    hash     BYTEA NOT NULL
);

CREATE TABLE audit_entries (
    org_id       TEXT COLLATE "C" NOT NULL REFERENCES organizations (id),
    sequence     BIGINT NOT NULL,
    id           TEXT COLLATE "C" NOT NULL UNIQUE,
    time         BIGINT NOT NULL,
    event_type   TEXT COLLATE "C" NOT NULL,
    actor_kind   TEXT COLLATE "C" NOT NULL,
    actor_id     TEXT COLLATE "C" NOT NULL,
    actor_name   TEXT COLLATE "C" NOT NULL,
    actor_email  TEXT COLLATE "C" NOT NULL,
    cluster_id   TEXT COLLATE "C",
    labels_json  TEXT COLLATE "C" NOT NULL,
    event_json   TEXT COLLATE "C" NOT NULL,
    previous_hash BYTEA NOT NULL,
    hash         BYTEA NOT NULL,
    PRIMARY KEY (org_id, sequence)
);
CREATE INDEX audit_entries_by_time ON audit_entries (org_id, time, sequence);
CREATE INDEX audit_entries_by_cluster ON audit_entries (org_id, cluster_id, time, sequence);

CREATE TABLE price_adjustments (
    org_id          TEXT COLLATE "C" NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    position        BIGINT NOT NULL,
    adjustment_json TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (org_id, position)
);

-- An empty cluster_id, family, type or lifecycle stands for any.
CREATE TABLE inventory_blacklist (
    org_id          TEXT COLLATE "C" NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    cluster_id      TEXT COLLATE "C" NOT NULL,
    instance_family TEXT COLLATE "C" NOT NULL,
    instance_type   TEXT COLLATE "C" NOT NULL,
    lifecycle       TEXT COLLATE "C" NOT NULL,
    expires_at      BIGINT,
    created_at      BIGINT NOT NULL,
    PRIMARY KEY (org_id, cluster_id, instance_family, instance_type, lifecycle)
);

-- Up to when the cost of a cluster has been added to its roll-ups.
CREATE TABLE cost_progress (
    cluster_id    TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES clusters (id),
    org_id        TEXT COLLATE "C" NOT NULL REFERENCES organizations (id),
    counted_until BIGINT NOT NULL
);

-- Long names once, so that the hourly rows of workloads stay small.
CREATE TABLE cost_workloads (
    id         BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    cluster_id TEXT COLLATE "C" NOT NULL REFERENCES clusters (id),
    namespace  TEXT COLLATE "C" NOT NULL,
    kind       TEXT COLLATE "C" NOT NULL,
    name       TEXT COLLATE "C" NOT NULL,
    UNIQUE (cluster_id, namespace, kind, name)
);

-- hour: whole hours since 1970 UTC. A day that was thinned is one row at its first hour.
CREATE TABLE cost_cluster_hours (
    cluster_id TEXT COLLATE "C" NOT NULL REFERENCES clusters (id),
    hour       BIGINT NOT NULL,
    lifecycle  TEXT COLLATE "C" NOT NULL,
    cost               BIGINT NOT NULL,
    cpu_cost           BIGINT NOT NULL,
    memory_cost        BIGINT NOT NULL,
    wasted_cost        BIGINT NOT NULL,
    cpu_allocatable    BIGINT NOT NULL,
    cpu_requested      BIGINT NOT NULL,
    cpu_used           BIGINT NOT NULL,
    cpu_wasted         BIGINT NOT NULL,
    memory_allocatable BIGINT NOT NULL,
    memory_requested   BIGINT NOT NULL,
    memory_used        BIGINT NOT NULL,
    memory_wasted      BIGINT NOT NULL,
    node_seconds       BIGINT NOT NULL,
    pod_seconds        BIGINT NOT NULL,
    PRIMARY KEY (cluster_id, hour, lifecycle)
);

CREATE TABLE cost_namespace_hours (
    cluster_id TEXT COLLATE "C" NOT NULL REFERENCES clusters (id),
    hour       BIGINT NOT NULL,
    namespace  TEXT COLLATE "C" NOT NULL,
    cost               BIGINT NOT NULL,
    cpu_cost           BIGINT NOT NULL,
    memory_cost        BIGINT NOT NULL,
    wasted_cost        BIGINT NOT NULL,
    cpu_allocatable    BIGINT NOT NULL,
    cpu_requested      BIGINT NOT NULL,
    cpu_used           BIGINT NOT NULL,
    cpu_wasted         BIGINT NOT NULL,
    memory_allocatable BIGINT NOT NULL,
    memory_requested   BIGINT NOT NULL,
    memory_used        BIGINT NOT NULL,
    memory_wasted      BIGINT NOT NULL,
    node_seconds       BIGINT NOT NULL,
    pod_seconds        BIGINT NOT NULL,
    PRIMARY KEY (cluster_id, hour, namespace)
);

CREATE TABLE cost_workload_hours (
    cluster_id  TEXT COLLATE "C" NOT NULL REFERENCES clusters (id),
    hour        BIGINT NOT NULL,
    workload_id BIGINT NOT NULL REFERENCES cost_workloads (id),
    cost               BIGINT NOT NULL,
    cpu_cost           BIGINT NOT NULL,
    memory_cost        BIGINT NOT NULL,
    wasted_cost        BIGINT NOT NULL,
    cpu_allocatable    BIGINT NOT NULL,
    cpu_requested      BIGINT NOT NULL,
    cpu_used           BIGINT NOT NULL,
    cpu_wasted         BIGINT NOT NULL,
    memory_allocatable BIGINT NOT NULL,
    memory_requested   BIGINT NOT NULL,
    memory_used        BIGINT NOT NULL,
    memory_wasted      BIGINT NOT NULL,
    node_seconds       BIGINT NOT NULL,
    pod_seconds        BIGINT NOT NULL,
    PRIMARY KEY (cluster_id, hour, workload_id)
);
