-- When, and in which way, clusters are rebalanced.
CREATE TABLE rebalancing_schedules (
    id              TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    org_id          TEXT COLLATE "C" NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    name            TEXT COLLATE "C" NOT NULL,
    definition_json TEXT COLLATE "C" NOT NULL,
    created_at      BIGINT NOT NULL,
    updated_at      BIGINT NOT NULL,
    version         BIGINT NOT NULL
);
CREATE UNIQUE INDEX rebalancing_schedules_by_name ON rebalancing_schedules (org_id, name);

-- Which clusters follow which schedule, and how far the last rebalancing of each is. Times at which a
-- job is due are counted from `counted_from`: the creation, the enabling, or the last time it was due.
CREATE TABLE rebalancing_jobs (
    id              TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    org_id          TEXT COLLATE "C" NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    cluster_id      TEXT COLLATE "C" NOT NULL REFERENCES clusters (id),
    schedule_id     TEXT COLLATE "C" NOT NULL REFERENCES rebalancing_schedules (id),
    enabled         BIGINT NOT NULL,
    status          TEXT COLLATE "C" NOT NULL,
    plan_id         TEXT COLLATE "C" NOT NULL,
    last_trigger_at BIGINT,
    counted_from    BIGINT NOT NULL,
    created_at      BIGINT NOT NULL,
    version         BIGINT NOT NULL
);
CREATE UNIQUE INDEX rebalancing_jobs_by_schedule ON rebalancing_jobs (cluster_id, schedule_id);
CREATE INDEX rebalancing_jobs_of_schedule ON rebalancing_jobs (schedule_id, created_at, id);
