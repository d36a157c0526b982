-- Originals of papers that a person sent for the proof of who they are (LVL-4, LVL-11). The bytes are a file; what was read of them is
-- sealed, and compared with what is typed whenever somebody looks.
CREATE TABLE original (
    id         TEXT        NOT NULL,
    account_id TEXT        NOT NULL,
    kind       TEXT        NOT NULL,
    file_id    TEXT        NOT NULL,
    state      TEXT        NOT NULL,
    reason     TEXT        NOT NULL,
    reading    BYTEA,
    sent_at    TIMESTAMPTZ NOT NULL,
    judged_at  TIMESTAMPTZ,
    CONSTRAINT original_pk PRIMARY KEY (id),
    CONSTRAINT original_state CHECK (state IN ('waiting', 'read', 'refused', 'kept')),
    CONSTRAINT original_account FOREIGN KEY (account_id) REFERENCES account (id)
);
CREATE INDEX original_of_account ON original (account_id, sent_at);
CREATE INDEX original_refused ON original (judged_at) WHERE state = 'refused';
