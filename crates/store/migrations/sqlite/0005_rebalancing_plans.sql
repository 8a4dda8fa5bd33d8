-- Cheaper configurations of clusters, and how far their execution is. What is planned and done is in
-- `content_json`; every step of an execution writes it anew against the version it was made from, so that of
-- several servers one takes each step.
CREATE TABLE rebalancing_plans (
    id           TEXT NOT NULL PRIMARY KEY,
    org_id       TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    cluster_id   TEXT NOT NULL REFERENCES clusters (id),
    schedule_id  TEXT,
    status       TEXT NOT NULL,
    open         INTEGER NOT NULL,
    request_json TEXT NOT NULL,
    content_json TEXT NOT NULL,
    created_by   TEXT NOT NULL,
    created_at   INTEGER NOT NULL,
    updated_at   INTEGER NOT NULL,
    version      INTEGER NOT NULL
) STRICT;
CREATE INDEX rebalancing_plans_of_cluster ON rebalancing_plans (cluster_id, created_at, id);
CREATE INDEX rebalancing_plans_open ON rebalancing_plans (created_at, id) WHERE open = 1;
