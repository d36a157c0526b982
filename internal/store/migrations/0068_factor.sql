-- A second factor of an account (AUTH-2): an authenticator app, codes to a contact, one of the backup codes. What
-- it is checked by is sealed under the person's key, and so is the name the person gave it. It counts once it was proved; a backup
-- code is a row of its own and is used once.
CREATE TABLE factor (
    id         TEXT        NOT NULL,
    account_id TEXT        NOT NULL,
    kind       TEXT        NOT NULL,
    name       BYTEA,
    secret     BYTEA,
    step       BIGINT      NOT NULL DEFAULT 0,
    made_at    TIMESTAMPTZ NOT NULL,
    proved_at  TIMESTAMPTZ,
    used_at    TIMESTAMPTZ,
    CONSTRAINT factor_pk PRIMARY KEY (id),
    CONSTRAINT factor_account FOREIGN KEY (account_id) REFERENCES account (id),
    CONSTRAINT factor_kind CHECK (kind IN ('totp', 'code', 'backup'))
);
CREATE INDEX factor_of_account ON factor (account_id, kind);
CREATE UNIQUE INDEX factor_code_key ON factor (account_id) WHERE kind = 'code';

-- A sign-in whose password was right and whose second factor is still to come. It opens nothing, lives for minutes, and belongs
-- to one browser.
CREATE TABLE pending_signin (
    token_hash   BYTEA       NOT NULL,
    account_id   TEXT        NOT NULL,
    browser      BYTEA       NOT NULL,
    known        BOOLEAN     NOT NULL,
    means        TEXT        NOT NULL DEFAULT '',
    challenge_id TEXT,
    wrong        INTEGER     NOT NULL DEFAULT 0,
    created_at   TIMESTAMPTZ NOT NULL,
    expires_at   TIMESTAMPTZ NOT NULL,
    CONSTRAINT pending_signin_pk PRIMARY KEY (token_hash),
    CONSTRAINT pending_signin_account FOREIGN KEY (account_id) REFERENCES account (id)
);
CREATE INDEX pending_signin_of_account ON pending_signin (account_id);
CREATE INDEX pending_signin_by_end ON pending_signin (expires_at);

-- By what a session was proved, as RFC 8176 names it: "pwd", "pwd otp".
ALTER TABLE session ADD COLUMN methods TEXT NOT NULL DEFAULT 'pwd';

-- Until when no second factor is asked for in a browser whose owner wished so.
ALTER TABLE device ADD COLUMN trusted_until TIMESTAMPTZ;
