-- When, and in which way, clusters are rebalanced.
CREATE TABLE rebalancing_schedules (
    id              TEXT NOT NULL PRIMARY KEY,
    org_id          TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    name            TEXT NOT NULL,
    definition_json TEXT NOT NULL,
    created_at      INTEGER NOT NULL,
    updated_at      INTEGER NOT NULL,
    version         INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX rebalancing_schedules_by_name ON rebalancing_schedules (org_id, name);

-- Which clusters follow which schedule, and how far the last rebalancing of each is. Times at which a
-- job is due are counted from `counted_from`: the creation, the enabling, or the last time it was due.
CREATE TABLE rebalancing_jobs (
    id              TEXT NOT NULL PRIMARY KEY,
    org_id          TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    cluster_id      TEXT NOT NULL REFERENCES clusters (id),
    schedule_id     TEXT NOT NULL REFERENCES rebalancing_schedules (id),
    enabled         INTEGER NOT NULL,
    status          TEXT NOT NULL,
    plan_id         TEXT NOT NULL,
    last_trigger_at INTEGER,
    counted_from    INTEGER NOT NULL,
    created_at      INTEGER NOT NULL,
    version         INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX rebalancing_jobs_by_schedule ON rebalancing_jobs (cluster_id, schedule_id);
CREATE INDEX rebalancing_jobs_of_schedule ON rebalancing_jobs (schedule_id, created_at, id);
