-- A phone or an e-mail that its owner proved to hold. It belongs to one account (REG-6).
CREATE TABLE contact (
    id          TEXT        NOT NULL,
    account_id  TEXT        NOT NULL,
    kind        TEXT        NOT NULL,
    value       BYTEA       NOT NULL,
    value_index BYTEA       NOT NULL,
    verified_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT contact_pk PRIMARY KEY (id),
    CONSTRAINT contact_value_key UNIQUE (value_index),
    CONSTRAINT contact_account FOREIGN KEY (account_id) REFERENCES account (id),
    CONSTRAINT contact_kind CHECK (kind IN ('phone', 'email'))
);
CREATE INDEX contact_of_account ON contact (account_id);

-- One browser's attempt to prove one contact. The code itself is not stored: it is derived from id and send.
-- Wrong tries belong to the attempt, whatever number of codes is sent in it (REG-5).
CREATE TABLE challenge (
    id          TEXT        NOT NULL,
    purpose     TEXT        NOT NULL,
    browser     BYTEA       NOT NULL,
    kind        TEXT        NOT NULL,
    value       BYTEA       NOT NULL,
    value_index BYTEA       NOT NULL,
    subject     TEXT        NOT NULL,
    account_id  TEXT,
    known       BOOLEAN     NOT NULL,
    lang        TEXT        NOT NULL,
    send        BIGINT      NOT NULL,
    sent_at     TIMESTAMPTZ NOT NULL,
    expires_at  TIMESTAMPTZ NOT NULL,
    link_until  TIMESTAMPTZ NOT NULL,
    wrong       BIGINT      NOT NULL,
    blocked_at  TIMESTAMPTZ,
    reference   TEXT,
    proved_at   TIMESTAMPTZ,
    CONSTRAINT challenge_pk PRIMARY KEY (id),
    CONSTRAINT challenge_attempt_key UNIQUE (purpose, browser, value_index),
    CONSTRAINT challenge_reference_key UNIQUE (reference)
);
CREATE INDEX challenge_by_time ON challenge (sent_at);
