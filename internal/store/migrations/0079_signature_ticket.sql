-- What a certificate that was shown by TLS came to, on its way through the person's browser to the page that asked: whose it is, or why
-- it does not count. Sealed under the master keyset; found by the hash of what the browser carries, taken once, gone after two minutes.
CREATE TABLE signature_ticket (
    id           TEXT        NOT NULL,
    token        BYTEA       NOT NULL,
    challenge_id TEXT        NOT NULL,
    outcome      BYTEA       NOT NULL,
    created_at   TIMESTAMPTZ NOT NULL,
    expires_at   TIMESTAMPTZ NOT NULL,
    CONSTRAINT signature_ticket_pk PRIMARY KEY (id),
    CONSTRAINT signature_ticket_token UNIQUE (token)
);
CREATE INDEX signature_ticket_end ON signature_ticket (expires_at);
