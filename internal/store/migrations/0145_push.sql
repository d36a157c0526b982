-- Keys by which push services know the portal (VAPID, RFC 8292). The newest is in force; an older one stays while a browser is bound to it.
CREATE TABLE push_key (
    id         TEXT        NOT NULL,
    public     BYTEA       NOT NULL, -- a point of P-256, uncompressed
    secret     BYTEA       NOT NULL, -- sealed with the master keyset
    created_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT push_key_pk PRIMARY KEY (id)
);

-- A browser in which a person switched notices on. One browser is one person's: who switches it on there last.
CREATE TABLE push_browser (
    id            TEXT        NOT NULL,
    account_id    TEXT        NOT NULL,
    key_id        TEXT        NOT NULL,
    endpoint_hash BYTEA       NOT NULL, -- of the address at the push service
    content       BYTEA       NOT NULL, -- sealed: the address and the browser's keys
    agent         TEXT        NOT NULL,
    created_at    TIMESTAMPTZ NOT NULL,
    CONSTRAINT push_browser_pk PRIMARY KEY (id),
    CONSTRAINT push_browser_account FOREIGN KEY (account_id) REFERENCES account (id),
    CONSTRAINT push_browser_key FOREIGN KEY (key_id) REFERENCES push_key (id)
);
CREATE UNIQUE INDEX push_browser_endpoint ON push_browser (endpoint_hash);
CREATE INDEX push_browser_of_account ON push_browser (account_id, id);
CREATE INDEX push_browser_of_key ON push_browser (key_id);
