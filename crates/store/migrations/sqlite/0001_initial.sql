-- Times are microseconds since 1970 UTC, money is nano-dollars, ids are hyphenated UUIDs,
-- *_json columns hold JSON text, flags are 0 or 1.

CREATE TABLE settings (
    name  TEXT NOT NULL PRIMARY KEY,
    value BLOB NOT NULL
) STRICT;

CREATE TABLE organizations (
    id         TEXT NOT NULL PRIMARY KEY,
    name       TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE users (
    id         TEXT NOT NULL PRIMARY KEY,
    email      TEXT NOT NULL UNIQUE,
    username   TEXT NOT NULL,
    name       TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE memberships (
    org_id     TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    user_id    TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    role_id    TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (org_id, user_id)
) STRICT;
CREATE INDEX memberships_by_user ON memberships (user_id, created_at);

CREATE TABLE invitations (
    id                 TEXT NOT NULL PRIMARY KEY,
    org_id             TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    email              TEXT NOT NULL,
    role_bindings_json TEXT NOT NULL,
    token_hash         BLOB NOT NULL UNIQUE,
    created_by         TEXT NOT NULL,
    created_at         INTEGER NOT NULL,
    expires_at         INTEGER NOT NULL,
    claimed_at         INTEGER,
    claimed_by         TEXT
) STRICT;
CREATE INDEX invitations_by_organization ON invitations (org_id, created_at, id);

CREATE TABLE service_accounts (
    id          TEXT NOT NULL PRIMARY KEY,
    org_id      TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    name        TEXT NOT NULL,
    description TEXT NOT NULL,
    email       TEXT NOT NULL,
    role_id     TEXT NOT NULL,
    author_json TEXT NOT NULL,
    created_at  INTEGER NOT NULL
) STRICT;
CREATE INDEX service_accounts_by_organization ON service_accounts (org_id, created_at, id);

-- identity: what makes a registration repeat itself. An archived cluster gives its identity up.
CREATE TABLE clusters (
    id                 TEXT NOT NULL PRIMARY KEY,
    org_id             TEXT NOT NULL REFERENCES organizations (id),
    name               TEXT NOT NULL,
    provider_type      TEXT NOT NULL,
    identity           TEXT NOT NULL,
    provider_json      TEXT NOT NULL,
    region             TEXT NOT NULL,
    status             TEXT NOT NULL,
    agent_status       TEXT NOT NULL,
    credentials_id     TEXT NOT NULL,
    tags_json          TEXT NOT NULL,
    settings_json      TEXT NOT NULL,
    kubernetes_version TEXT NOT NULL,
    agent_version      TEXT NOT NULL,
    created_at         INTEGER NOT NULL,
    deleted_at         INTEGER,
    reconciled_at      INTEGER,
    version            INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX clusters_by_identity ON clusters (org_id, provider_type, identity) WHERE status <> 'archived';
CREATE INDEX clusters_by_organization ON clusters (org_id, created_at, id);

-- Written in bulk and late; apart from clusters so that it meets no version counter.
CREATE TABLE cluster_activity (
    cluster_id           TEXT NOT NULL PRIMARY KEY REFERENCES clusters (id),
    last_snapshot_at     INTEGER,
    last_delta_at        INTEGER,
    agent_seen_at        INTEGER,
    controller_seen_at   INTEGER
) STRICT;

-- Apart from clusters so that no list or get ever reads it.
CREATE TABLE cluster_credentials (
    cluster_id TEXT NOT NULL PRIMARY KEY REFERENCES clusters (id),
    secret     BLOB NOT NULL
) STRICT;

CREATE TABLE cluster_states (
    cluster_id       TEXT NOT NULL PRIMARY KEY REFERENCES clusters (id),
    sequence         INTEGER NOT NULL,
    token            TEXT NOT NULL,
    previous_token   TEXT NOT NULL,
    resync_requested INTEGER NOT NULL
) STRICT;

CREATE TABLE cluster_snapshots (
    cluster_id TEXT NOT NULL PRIMARY KEY REFERENCES clusters (id),
    sequence   INTEGER NOT NULL,
    body       BLOB NOT NULL
) STRICT;

CREATE TABLE cluster_deltas (
    cluster_id TEXT NOT NULL REFERENCES clusters (id),
    sequence   INTEGER NOT NULL,
    body       BLOB NOT NULL,
    PRIMARY KEY (cluster_id, sequence)
) STRICT;

CREATE TABLE api_keys (
    id           TEXT NOT NULL PRIMARY KEY,
    org_id       TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    subject_kind TEXT NOT NULL CHECK (subject_kind IN ('user', 'service_account', 'cluster')),
    subject_id   TEXT NOT NULL,
    name         TEXT NOT NULL,
    prefix       TEXT NOT NULL,
    hash         BLOB NOT NULL UNIQUE,
    active       INTEGER NOT NULL,
    readonly     INTEGER NOT NULL,
    created_by   TEXT NOT NULL,
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER,
    last_used_at INTEGER
) STRICT;
CREATE INDEX api_keys_by_organization ON api_keys (org_id, created_at, id);
CREATE INDEX api_keys_by_subject ON api_keys (subject_id, created_at, id);

CREATE TABLE sessions (
    id         TEXT NOT NULL PRIMARY KEY,
    org_id     TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    key_id     TEXT NOT NULL REFERENCES api_keys (id) ON DELETE CASCADE,
    hash       BLOB NOT NULL UNIQUE,
    csrf_hash  BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX sessions_by_key ON sessions (key_id);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

CREATE TABLE operations (
    id            TEXT NOT NULL PRIMARY KEY,
    org_id        TEXT NOT NULL REFERENCES organizations (id),
    cluster_id    TEXT NOT NULL REFERENCES clusters (id),
    type          TEXT NOT NULL,
    done          INTEGER NOT NULL,
    error_reason  TEXT,
    error_details TEXT,
    created_by    TEXT NOT NULL,
    created_at    INTEGER NOT NULL,
    finished_at   INTEGER
) STRICT;
CREATE INDEX operations_by_cluster ON operations (cluster_id, created_at, id);

CREATE TABLE actions (
    id           TEXT NOT NULL PRIMARY KEY,
    org_id       TEXT NOT NULL REFERENCES organizations (id),
    cluster_id   TEXT NOT NULL REFERENCES clusters (id),
    operation_id TEXT REFERENCES operations (id),
    after_id     TEXT REFERENCES actions (id),
    payload_json TEXT NOT NULL,
    created_at   INTEGER NOT NULL,
    deadline     INTEGER,
    done_at      INTEGER,
    error        TEXT
) STRICT;
CREATE INDEX actions_pending ON actions (cluster_id, created_at, id) WHERE done_at IS NULL;
CREATE INDEX actions_by_operation ON actions (operation_id);
CREATE INDEX actions_by_predecessor ON actions (after_id);

CREATE TABLE cloud_events (
    id          INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    org_id      TEXT NOT NULL REFERENCES organizations (id),
    cluster_id  TEXT NOT NULL REFERENCES clusters (id),
    event_type  TEXT NOT NULL,
    node_id     TEXT NOT NULL,
    provider_id TEXT NOT NULL,
    received_at INTEGER NOT NULL
) STRICT;
CREATE INDEX cloud_events_by_cluster ON cloud_events (cluster_id, id);

CREATE TABLE component_logs (
    id          INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    org_id      TEXT NOT NULL REFERENCES organizations (id),
    cluster_id  TEXT NOT NULL REFERENCES clusters (id),
    component   TEXT NOT NULL,
    level       TEXT NOT NULL,
    message     TEXT NOT NULL,
    fields_json TEXT NOT NULL,
    time        INTEGER NOT NULL
) STRICT;
CREATE INDEX component_logs_by_cluster ON component_logs (cluster_id, id);

CREATE TABLE component_metrics (
    cluster_id  TEXT NOT NULL REFERENCES clusters (id),
    component   TEXT NOT NULL,
    series      TEXT NOT NULL,
    org_id      TEXT NOT NULL REFERENCES organizations (id),
    value       REAL NOT NULL,
    time        INTEGER NOT NULL,
    PRIMARY KEY (cluster_id, component, series)
) STRICT;

CREATE TABLE audit_heads (
    org_id   TEXT NOT NULL PRIMARY KEY REFERENCES organizations (id),
    sequence INTEGER NOT NULL,
    hash     BLOB NOT NULL
) STRICT;

CREATE TABLE audit_entries (
    org_id       TEXT NOT NULL REFERENCES organizations (id),
    sequence     INTEGER NOT NULL,
    id           TEXT NOT NULL UNIQUE,
    time         INTEGER NOT NULL,
    event_type   TEXT NOT NULL,
    actor_kind   TEXT NOT NULL,
    actor_id     TEXT NOT NULL,
    actor_name   TEXT NOT NULL,
    actor_email  TEXT NOT NULL,
    cluster_id   TEXT,
    labels_json  TEXT NOT NULL,
    event_json   TEXT NOT NULL,
    previous_hash BLOB NOT NULL,
    hash         BLOB NOT NULL,
    PRIMARY KEY (org_id, sequence)
) STRICT;
CREATE INDEX audit_entries_by_time ON audit_entries (org_id, time, sequence);
CREATE INDEX audit_entries_by_cluster ON audit_entries (org_id, cluster_id, time, sequence);

CREATE TABLE price_adjustments (
    org_id          TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    position        INTEGER NOT NULL,
    adjustment_json TEXT NOT NULL,
    PRIMARY KEY (org_id, position)
) STRICT;

-- An empty cluster_id, family, type or lifecycle stands for any.
CREATE TABLE inventory_blacklist (
    org_id          TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    cluster_id      TEXT NOT NULL,
    instance_family TEXT NOT NULL,
    instance_type   TEXT NOT NULL,
    lifecycle       TEXT NOT NULL,
    expires_at      INTEGER,
    created_at      INTEGER NOT NULL,
    PRIMARY KEY (org_id, cluster_id, instance_family, instance_type, lifecycle)
) STRICT;

-- Up to when the cost of a cluster has been added to its roll-ups.
CREATE TABLE cost_progress (
    cluster_id    TEXT NOT NULL PRIMARY KEY REFERENCES clusters (id),
    org_id        TEXT NOT NULL REFERENCES organizations (id),
    counted_until INTEGER NOT NULL
) STRICT;

-- Long names once, so that the hourly rows of workloads stay small.
CREATE TABLE cost_workloads (
    id         INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    cluster_id TEXT NOT NULL REFERENCES clusters (id),
    namespace  TEXT NOT NULL,
    kind       TEXT NOT NULL,
    name       TEXT NOT NULL,
    UNIQUE (cluster_id, namespace, kind, name)
) STRICT;

-- hour: whole hours since 1970 UTC. A day that was thinned is one row at its first hour.
CREATE TABLE cost_cluster_hours (
    cluster_id TEXT NOT NULL REFERENCES clusters (id),
    hour       INTEGER NOT NULL,
    lifecycle  TEXT NOT NULL,
    cost               INTEGER NOT NULL,
    cpu_cost           INTEGER NOT NULL,
    memory_cost        INTEGER NOT NULL,
    wasted_cost        INTEGER NOT NULL,
    cpu_allocatable    INTEGER NOT NULL,
    cpu_requested      INTEGER NOT NULL,
    cpu_used           INTEGER NOT NULL,
    cpu_wasted         INTEGER NOT NULL,
    memory_allocatable INTEGER NOT NULL,
    memory_requested   INTEGER NOT NULL,
    memory_used        INTEGER NOT NULL,
    memory_wasted      INTEGER NOT NULL,
    node_seconds       INTEGER NOT NULL,
    pod_seconds        INTEGER NOT NULL,
    PRIMARY KEY (cluster_id, hour, lifecycle)
) STRICT, WITHOUT ROWID;

CREATE TABLE cost_namespace_hours (
    cluster_id TEXT NOT NULL REFERENCES clusters (id),
    hour       INTEGER NOT NULL,
    namespace  TEXT NOT NULL,
    cost               INTEGER NOT NULL,
    cpu_cost           INTEGER NOT NULL,
    memory_cost        INTEGER NOT NULL,
    wasted_cost        INTEGER NOT NULL,
    cpu_allocatable    INTEGER NOT NULL,
    cpu_requested      INTEGER NOT NULL,
    cpu_used           INTEGER NOT NULL,
    cpu_wasted         INTEGER NOT NULL,
    memory_allocatable INTEGER NOT NULL,
    memory_requested   INTEGER NOT NULL,
    memory_used        INTEGER NOT NULL,
    memory_wasted      INTEGER NOT NULL,
    node_seconds       INTEGER NOT NULL,
    pod_seconds        INTEGER NOT NULL,
    PRIMARY KEY (cluster_id, hour, namespace)
) STRICT, WITHOUT ROWID;

CREATE TABLE cost_workload_hours (
    cluster_id  TEXT NOT NULL REFERENCES clusters (id),
    hour        INTEGER NOT NULL,
    workload_id INTEGER NOT NULL REFERENCES cost_workloads (id),
    cost               INTEGER NOT NULL,
    cpu_cost           INTEGER NOT NULL,
    memory_cost        INTEGER NOT NULL,
    wasted_cost        INTEGER NOT NULL,
    cpu_allocatable    INTEGER NOT NULL,
    cpu_requested      INTEGER NOT NULL,
    cpu_used           INTEGER NOT NULL,
    cpu_wasted         INTEGER NOT NULL,
    memory_allocatable INTEGER NOT NULL,
    memory_requested   INTEGER NOT NULL,
    memory_used        INTEGER NOT NULL,
    memory_wasted      INTEGER NOT NULL,
    node_seconds       INTEGER NOT NULL,
    pod_seconds        INTEGER NOT NULL,
    PRIMARY KEY (cluster_id, hour, workload_id)
) STRICT, WITHOUT ROWID;
