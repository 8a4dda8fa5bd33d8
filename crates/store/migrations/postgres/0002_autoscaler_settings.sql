-- What the autoscaler of a cluster may do: documents, one of each kind. A cluster without a row has the defaults.
CREATE TABLE autoscaler_documents (
    org_id        TEXT NOT NULL REFERENCES organizations (id),
    cluster_id    TEXT NOT NULL REFERENCES clusters (id),
    kind          TEXT NOT NULL,
    document_json TEXT NOT NULL,
    version       BIGINT NOT NULL,
    updated_at    BIGINT NOT NULL,
    PRIMARY KEY (cluster_id, kind)
);

-- Kinds of nodes that may be bought. The default one has a row once it was changed.
CREATE TABLE node_templates (
    org_id        TEXT NOT NULL REFERENCES organizations (id),
    cluster_id    TEXT NOT NULL REFERENCES clusters (id),
    name          TEXT NOT NULL,
    document_json TEXT NOT NULL,
    version       BIGINT NOT NULL,
    updated_at    BIGINT NOT NULL,
    PRIMARY KEY (cluster_id, name)
);
