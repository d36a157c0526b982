-- What a person was told that somebody did with their account, with a link that says "it was not me" (AUTH-8): a browser that signed in
-- for the first time, a changed password, contact, second factor, passkey. The link is here as its hash. methods is by what the session
-- was proved in which it was done: that is in doubt once the person says that it was a stranger. A pause is of one event, and set once.
CREATE TABLE alert (
    id           TEXT        NOT NULL,
    account_id   TEXT        NOT NULL,
    what         TEXT        NOT NULL,
    token_hash   BYTEA       NOT NULL,
    browser      BYTEA,
    methods      TEXT        NOT NULL DEFAULT '',
    at           TIMESTAMPTZ NOT NULL,
    expires_at   TIMESTAMPTZ NOT NULL,
    disavowed_at TIMESTAMPTZ,
    paused_until TIMESTAMPTZ,
    CONSTRAINT alert_pk PRIMARY KEY (id),
    CONSTRAINT alert_account FOREIGN KEY (account_id) REFERENCES account (id),
    CONSTRAINT alert_what CHECK (what IN ('device', 'password', 'contact', 'factor', 'passkey'))
);
CREATE UNIQUE INDEX alert_token ON alert (token_hash);
CREATE INDEX alert_of_account ON alert (account_id, at);
CREATE INDEX alert_pause ON alert (account_id, paused_until) WHERE paused_until IS NOT NULL;
CREATE INDEX alert_by_end ON alert (expires_at);

-- A browser that has just signed in to the account for the first time waits here until its owner was told: methods is how it came in,
-- network from where, sealed under the master keyset and gone once it was told. signed is a browser in which an electronic signature alone
-- has opened the account: it is no stranger to the notices, and none of the owner's devices.
ALTER TABLE device ADD COLUMN to_tell BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE device ADD COLUMN methods TEXT NOT NULL DEFAULT '';
ALTER TABLE device ADD COLUMN network BYTEA;
ALTER TABLE device ADD COLUMN signed BOOLEAN NOT NULL DEFAULT FALSE;
CREATE INDEX device_to_tell ON device (first_at) WHERE to_tell;
