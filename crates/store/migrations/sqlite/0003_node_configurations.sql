-- What is set up on the machines of new nodes.
CREATE TABLE node_configurations (
    id            TEXT NOT NULL PRIMARY KEY,
    org_id        TEXT NOT NULL REFERENCES organizations (id),
    cluster_id    TEXT NOT NULL REFERENCES clusters (id),
    name          TEXT NOT NULL,
    is_default    INTEGER NOT NULL,
    settings_json TEXT NOT NULL,
    version       INTEGER NOT NULL,
    created_at    INTEGER NOT NULL,
    updated_at    INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX node_configurations_by_name ON node_configurations (cluster_id, name);
CREATE UNIQUE INDEX node_configurations_default ON node_configurations (cluster_id) WHERE is_default = 1;
