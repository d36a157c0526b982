-- Passkeys of persons (WebAuthn). The handle is the SHA-256 of the key's identifier, by which a browser names it; what is known of
-- the key, its name too, is sealed under the person's key. version tells two uses of one moment apart.
CREATE TABLE passkey (
    id         TEXT        NOT NULL,
    account_id TEXT        NOT NULL,
    handle     BYTEA       NOT NULL,
    record     BYTEA       NOT NULL,
    version    BIGINT      NOT NULL DEFAULT 1,
    made_at    TIMESTAMPTZ NOT NULL,
    used_at    TIMESTAMPTZ,
    CONSTRAINT passkey_pk PRIMARY KEY (id)
);
CREATE UNIQUE INDEX passkey_handle ON passkey (handle);
CREATE INDEX passkey_of_account ON passkey (account_id, made_at);

-- A challenge that was answered: it is good for one answer. One that was not is kept nowhere, for the browser carries it.
CREATE TABLE passkey_challenge (
    id         TEXT        NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT passkey_challenge_pk PRIMARY KEY (id)
);
CREATE INDEX passkey_challenge_expiry ON passkey_challenge (expires_at);
