-- Who signed in a browser and has no account yet: the account that is registered from this becomes theirs. What the certificate says is
-- sealed under the master keyset, for there is no person's key yet; the row is gone once the account is there, or after an hour.
CREATE TABLE signature_proof (
    id         TEXT        NOT NULL,
    browser    BYTEA       NOT NULL,
    draft_id   TEXT        NOT NULL,
    signer     BYTEA       NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT signature_proof_pk PRIMARY KEY (id),
    CONSTRAINT signature_proof_of_browser UNIQUE (browser)
);
CREATE INDEX signature_proof_end ON signature_proof (expires_at);
