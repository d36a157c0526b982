-- The papers a person gets. What they say is sealed in body; the token of the public page is there, too, and here only as
-- its hash. One case has one paper of a kind that counts: those that were replaced are kept for the page that says so.
CREATE TABLE document (
    id            TEXT        NOT NULL,
    owner         TEXT        NOT NULL,
    case_id       TEXT        NOT NULL,
    kind          TEXT        NOT NULL,
    state         TEXT        NOT NULL,
    unit          TEXT        NOT NULL,
    year          BIGINT      NOT NULL,
    serial        BIGINT      NOT NULL,
    token_hash    BYTEA       NOT NULL,
    file_id       TEXT        NOT NULL,
    body          BYTEA       NOT NULL,
    issued_at     TIMESTAMPTZ NOT NULL,
    revoked_at    TIMESTAMPTZ,
    reason        TEXT        NOT NULL DEFAULT '',
    superseded_by TEXT        NOT NULL DEFAULT '',
    checked_at    TIMESTAMPTZ,
    CONSTRAINT document_pk PRIMARY KEY (id),
    CONSTRAINT document_state CHECK (state IN ('valid', 'revoked', 'superseded')),
    CONSTRAINT document_number_key UNIQUE (year, serial),
    CONSTRAINT document_token_key UNIQUE (token_hash)
);

CREATE UNIQUE INDEX document_case_kind ON document (case_id, kind) WHERE state <> 'superseded';
CREATE INDEX document_owner ON document (owner, issued_at);

-- The last number of each year.
CREATE TABLE document_serial (
    year BIGINT NOT NULL,
    last BIGINT NOT NULL,
    CONSTRAINT document_serial_pk PRIMARY KEY (year)
);
