-- What is set up on the machines of new nodes.
CREATE TABLE node_configurations (
    id            TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    org_id        TEXT COLLATE "C" NOT NULL REFERENCES organizations (id),
    cluster_id    TEXT COLLATE "C" NOT NULL REFERENCES clusters (id),
    name          TEXT COLLATE "C" NOT NULL,
    is_default    BIGINT NOT NULL,
    settings_json TEXT COLLATE "C" NOT NULL,
    version       BIGINT NOT NULL,
    created_at    BIGINT NOT NULL,
    updated_at    BIGINT NOT NULL
);
CREATE UNIQUE INDEX node_configurations_by_name ON node_configurations (cluster_id, name);
CREATE UNIQUE INDEX node_configurations_default ON node_configurations (cluster_id) WHERE is_default = 1;
