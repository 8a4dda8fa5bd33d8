-- Cheaper configurations of clusters, and how far their execution is. What is planned and done is in
-- `content_json`; every step of an execution writes it anew against the version it was made from, so that of
-- several servers one takes each step.
CREATE TABLE rebalancing_plans (
    id           TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    org_id       TEXT COLLATE "C" NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    cluster_id   TEXT COLLATE "C" NOT NULL REFERENCES clusters (id),
    schedule_id  TEXT COLLATE "C",
    status       TEXT COLLATE "C" NOT NULL,
    open         BIGINT NOT NULL,
    request_json TEXT COLLATE "C" NOT NULL,
    content_json TEXT COLLATE "C" NOT NULL,
    created_by   TEXT COLLATE "C" NOT NULL,
    created_at   BIGINT NOT NULL,
    updated_at   BIGINT NOT NULL,
    version      BIGINT NOT NULL
);
CREATE INDEX rebalancing_plans_of_cluster ON rebalancing_plans (cluster_id, created_at, id);
CREATE INDEX rebalancing_plans_open ON rebalancing_plans (created_at, id) WHERE open = 1;
