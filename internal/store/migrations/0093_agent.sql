-- An agency's own information system, and the tokens by which it is known. Of a token the hash is stored; the token itself lies sealed
-- under the master keyset for minutes, until the page that shows it once has shown it.
CREATE TABLE agent (
    id         TEXT        NOT NULL,
    unit       TEXT        NOT NULL,
    name       TEXT        NOT NULL,
    scopes     TEXT        NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    created_by TEXT        NOT NULL,
    closed_at  TIMESTAMPTZ,
    CONSTRAINT agent_pk PRIMARY KEY (id)
);

CREATE TABLE agent_token (
    id          TEXT        NOT NULL,
    agent_id    TEXT        NOT NULL,
    hash        BYTEA       NOT NULL,
    fresh       BYTEA,
    created_at  TIMESTAMPTZ NOT NULL,
    expires_at  TIMESTAMPTZ NOT NULL,
    used_at     TIMESTAMPTZ,
    revoked_at  TIMESTAMPTZ,
    replaced_by TEXT        NOT NULL,
    CONSTRAINT agent_token_pk PRIMARY KEY (id),
    CONSTRAINT agent_token_hash_key UNIQUE (hash),
    CONSTRAINT agent_token_agent FOREIGN KEY (agent_id) REFERENCES agent (id)
);
CREATE INDEX agent_token_of_agent ON agent_token (agent_id, created_at);

-- What was answered to a request that named an Idempotency-Key: of the key and the request the hashes, of the answer what is not
-- personal.
CREATE TABLE agent_request (
    agent_id    TEXT        NOT NULL,
    key         BYTEA       NOT NULL,
    fingerprint BYTEA       NOT NULL,
    answer      BYTEA       NOT NULL,
    created_at  TIMESTAMPTZ NOT NULL,
    CONSTRAINT agent_request_pk PRIMARY KEY (agent_id, key)
);
CREATE INDEX agent_request_age ON agent_request (created_at);

-- Cases of an agency in the order in which they last moved.
CREATE INDEX application_of_unit_moved ON application (unit, entered_at, id);
