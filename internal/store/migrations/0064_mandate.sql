-- Who may act for whom (package mandate): today parents for their children. Nothing here says who they are.
CREATE TABLE mandate (
    id          TEXT        NOT NULL,
    kind        TEXT        NOT NULL,
    account_id  TEXT        NOT NULL,
    for_id      TEXT        NOT NULL,
    given_at    TIMESTAMPTZ NOT NULL,
    until_at    TIMESTAMPTZ,
    reminded_at TIMESTAMPTZ,
    ended_at    TIMESTAMPTZ,
    why         TEXT        NOT NULL DEFAULT '',
    CONSTRAINT mandate_pk PRIMARY KEY (id),
    CONSTRAINT mandate_account FOREIGN KEY (account_id) REFERENCES account (id)
);
CREATE UNIQUE INDEX mandate_stands ON mandate (account_id, for_id) WHERE ended_at IS NULL;
CREATE INDEX mandate_for ON mandate (for_id) WHERE ended_at IS NULL;
CREATE INDEX mandate_until ON mandate (until_at) WHERE ended_at IS NULL;

-- An account that was opened for a child. One record of a birth opens one account, whichever certificate was made out of it; the
-- number of the record and the certificate are sealed under the child's key.
CREATE TABLE child (
    account_id TEXT        NOT NULL,
    birth      BYTEA       NOT NULL,
    act_index  BYTEA       NOT NULL,
    act_ahead  BYTEA,
    opened_at  TIMESTAMPTZ NOT NULL,
    CONSTRAINT child_pk PRIMARY KEY (account_id),
    CONSTRAINT child_act_key UNIQUE (act_index),
    CONSTRAINT child_account FOREIGN KEY (account_id) REFERENCES account (id)
);
CREATE UNIQUE INDEX child_act_ahead ON child (act_ahead);

-- A parent's request: to open a child's account, or to give its SNILS to one that is there. The papers are sealed under the parent's key
-- and gone when the request has ended.
CREATE TABLE child_request (
    id         TEXT        NOT NULL,
    account_id TEXT        NOT NULL,
    child_id   TEXT        NOT NULL DEFAULT '',
    state      TEXT        NOT NULL,
    refusal    TEXT        NOT NULL DEFAULT '',
    papers     BYTEA,
    round      BIGINT      NOT NULL DEFAULT 0,
    created_at TIMESTAMPTZ NOT NULL,
    ended_at   TIMESTAMPTZ,
    CONSTRAINT child_request_pk PRIMARY KEY (id),
    CONSTRAINT child_request_account FOREIGN KEY (account_id) REFERENCES account (id),
    CONSTRAINT child_request_state CHECK (state IN ('entering', 'checking', 'opened', 'joined', 'left'))
);
CREATE INDEX child_request_of_account ON child_request (account_id, id);
CREATE UNIQUE INDEX child_request_fresh ON child_request (account_id, child_id) WHERE state = 'entering' AND round = 0;
CREATE INDEX child_request_open ON child_request (created_at) WHERE ended_at IS NULL;

-- What each register answered about a request; a new round replaces the answers of the one before.
CREATE TABLE child_check (
    request_id TEXT        NOT NULL,
    register   TEXT        NOT NULL,
    round      BIGINT      NOT NULL,
    state      TEXT        NOT NULL,
    tries      BIGINT      NOT NULL DEFAULT 0,
    answer     BYTEA,
    asked_at   TIMESTAMPTZ NOT NULL,
    CONSTRAINT child_check_pk PRIMARY KEY (request_id, register),
    CONSTRAINT child_check_request FOREIGN KEY (request_id) REFERENCES child_request (id),
    CONSTRAINT child_check_state CHECK (state IN ('asking', 'answered'))
);
