-- A document that its owner shows to somebody for some minutes. The database knows the code of the address by its hash and the short one
-- by a keyed hash; both, and what is shown, are sealed. One browser sees it: the first that opened it.
CREATE TABLE wallet_share (
    id          TEXT        NOT NULL,
    account_id  TEXT        NOT NULL,
    document_id TEXT        NOT NULL,
    content     BYTEA       NOT NULL,
    token_hash  BYTEA       NOT NULL,
    code_index  BYTEA       NOT NULL,
    browser     BYTEA,
    looks       BIGINT      NOT NULL,
    refused     BIGINT      NOT NULL,
    made_at     TIMESTAMPTZ NOT NULL,
    expires_at  TIMESTAMPTZ NOT NULL,
    opened_at   TIMESTAMPTZ,
    stopped_at  TIMESTAMPTZ,
    CONSTRAINT wallet_share_pk PRIMARY KEY (id),
    CONSTRAINT wallet_share_token UNIQUE (token_hash),
    CONSTRAINT wallet_share_account FOREIGN KEY (account_id) REFERENCES account (id)
);
CREATE INDEX wallet_share_of_document ON wallet_share (document_id, made_at);
CREATE INDEX wallet_share_code ON wallet_share (code_index);
CREATE INDEX wallet_share_ends ON wallet_share (expires_at);
