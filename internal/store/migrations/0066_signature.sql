-- Texts that people sign to prove who they are. A text names the portal, what is done and a number of chance, and nobody; what is
-- signed with it is not kept. It is of one browser (the hash of its cookie) or of one account.
CREATE TABLE signature_challenge (
    id         TEXT        NOT NULL,
    purpose    TEXT        NOT NULL,
    browser    BYTEA,
    account_id TEXT,
    content    BYTEA       NOT NULL,
    tries      BIGINT      NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL,
    spent_at   TIMESTAMPTZ,
    CONSTRAINT signature_challenge_pk PRIMARY KEY (id),
    CONSTRAINT signature_challenge_account FOREIGN KEY (account_id) REFERENCES account (id),
    CONSTRAINT signature_challenge_of_one CHECK ((browser IS NULL) <> (account_id IS NULL))
);
CREATE INDEX signature_challenge_end ON signature_challenge (expires_at);
CREATE INDEX signature_challenge_of_account ON signature_challenge (account_id);

