-- The documents that people keep (CAB-2). What stands in one is sealed, version by version; which sort it is, until when it counts and
-- since when a register knows it stand beside, because people are reminded by them and registers are asked by them.
CREATE TABLE wallet_document (
    id             TEXT        NOT NULL,
    account_id     TEXT        NOT NULL,
    kind           TEXT        NOT NULL,
    version        BIGINT      NOT NULL,
    register_state TEXT        NOT NULL,
    known_at       TIMESTAMPTZ,
    ends_at        TIMESTAMPTZ,
    reminded       BIGINT      NOT NULL,
    created_at     TIMESTAMPTZ NOT NULL,
    changed_at     TIMESTAMPTZ NOT NULL,
    CONSTRAINT wallet_document_pk PRIMARY KEY (id),
    CONSTRAINT wallet_document_account FOREIGN KEY (account_id) REFERENCES account (id)
);
CREATE INDEX wallet_document_of_account ON wallet_document (account_id, kind);
CREATE INDEX wallet_document_ends ON wallet_document (ends_at, reminded);

CREATE TABLE wallet_version (
    id          TEXT        NOT NULL,
    document_id TEXT        NOT NULL,
    account_id  TEXT        NOT NULL,
    version     BIGINT      NOT NULL,
    source      TEXT        NOT NULL,
    content     BYTEA       NOT NULL,
    file_id     TEXT        NOT NULL,
    made_at     TIMESTAMPTZ NOT NULL,
    CONSTRAINT wallet_version_pk PRIMARY KEY (id),
    CONSTRAINT wallet_version_once UNIQUE (document_id, version),
    CONSTRAINT wallet_version_document FOREIGN KEY (document_id) REFERENCES wallet_document (id)
);
CREATE INDEX wallet_version_of_account ON wallet_version (account_id, document_id);

-- What a register was asked last for a person and a kind of document. A register that is away is asked again, and nothing waits for it.
CREATE TABLE wallet_request (
    id          TEXT        NOT NULL,
    account_id  TEXT        NOT NULL,
    kind        TEXT        NOT NULL,
    state       TEXT        NOT NULL,
    tries       BIGINT      NOT NULL,
    asked_at    TIMESTAMPTZ NOT NULL,
    answered_at TIMESTAMPTZ,
    CONSTRAINT wallet_request_pk PRIMARY KEY (id),
    CONSTRAINT wallet_request_once UNIQUE (account_id, kind),
    CONSTRAINT wallet_request_account FOREIGN KEY (account_id) REFERENCES account (id)
);
CREATE INDEX wallet_request_answered ON wallet_request (state, answered_at);

-- Into which applications a document went, and as which file.
CREATE TABLE wallet_use (
    attachment_id TEXT        NOT NULL,
    account_id    TEXT        NOT NULL,
    document_id   TEXT        NOT NULL,
    version       BIGINT      NOT NULL,
    used_at       TIMESTAMPTZ NOT NULL,
    CONSTRAINT wallet_use_pk PRIMARY KEY (attachment_id),
    CONSTRAINT wallet_use_document FOREIGN KEY (document_id) REFERENCES wallet_document (id)
);
CREATE INDEX wallet_use_of_document ON wallet_use (document_id, used_at);
