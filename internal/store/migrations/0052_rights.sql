-- A person's wish that all that is held of them be erased. It can be taken back until it is begun, and stays when it is
-- done: a database that was restored from an older backup is told of it again.
CREATE TABLE erasure (
    account_id  TEXT        NOT NULL,
    asked_at    TIMESTAMPTZ NOT NULL,
    due_at      TIMESTAMPTZ NOT NULL,
    reminded_at TIMESTAMPTZ,
    begun_at    TIMESTAMPTZ,
    done_at     TIMESTAMPTZ,
    CONSTRAINT erasure_pk PRIMARY KEY (account_id)
);

-- A person may take away a copy of what is held of them: for a while, in the session in which the password was shown.
CREATE TABLE data_export (
    id         TEXT        NOT NULL,
    account_id TEXT        NOT NULL,
    session_id TEXT        NOT NULL,
    made_at    TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT data_export_pk PRIMARY KEY (id)
);
CREATE INDEX data_export_of_account ON data_export (account_id, made_at);
