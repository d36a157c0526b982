CREATE TABLE password (
    account_id  TEXT        NOT NULL,
    encoded     TEXT        NOT NULL,
    must_change BOOLEAN     NOT NULL DEFAULT FALSE,
    set_at      TIMESTAMPTZ NOT NULL,
    CONSTRAINT password_pk PRIMARY KEY (account_id),
    CONSTRAINT password_account FOREIGN KEY (account_id) REFERENCES account (id)
);

-- A browser in which the account's owner has signed in: it has tries of its own, which strangers cannot spend.
CREATE TABLE device (
    account_id TEXT        NOT NULL,
    browser    BYTEA       NOT NULL,
    agent      TEXT        NOT NULL,
    first_at   TIMESTAMPTZ NOT NULL,
    last_at    TIMESTAMPTZ NOT NULL,
    CONSTRAINT device_pk PRIMARY KEY (account_id, browser),
    CONSTRAINT device_account FOREIGN KEY (account_id) REFERENCES account (id)
);

-- A session is found by the hash of its token. owner_id is an account or an employee by kind.
CREATE TABLE session (
    token_hash BYTEA       NOT NULL,
    id         TEXT        NOT NULL,
    kind       TEXT        NOT NULL,
    owner_id   TEXT        NOT NULL,
    agent      TEXT        NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    auth_at    TIMESTAMPTZ NOT NULL,
    seen_at    TIMESTAMPTZ NOT NULL,
    idle_until TIMESTAMPTZ NOT NULL,
    ends_at    TIMESTAMPTZ NOT NULL,
    CONSTRAINT session_pk PRIMARY KEY (token_hash),
    CONSTRAINT session_id_key UNIQUE (id),
    CONSTRAINT session_kind CHECK (kind IN ('person', 'staff'))
);
CREATE INDEX session_of_owner ON session (owner_id);
CREATE INDEX session_by_end ON session (ends_at);
