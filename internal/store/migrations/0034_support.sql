-- A question to the support desk. A visitor's is sealed under a key of its own, an account's under the account's.
CREATE TABLE question (
    id          TEXT        NOT NULL,
    number      TEXT        NOT NULL,
    account_id  TEXT,
    owner       TEXT        NOT NULL,
    token_hash  BYTEA       NOT NULL,
    page        TEXT        NOT NULL,
    state       TEXT        NOT NULL,
    contact     BYTEA,
    lang        TEXT        NOT NULL,
    created_at  TIMESTAMPTZ NOT NULL,
    touched_at  TIMESTAMPTZ NOT NULL,
    CONSTRAINT question_pk PRIMARY KEY (id),
    CONSTRAINT question_number_key UNIQUE (number),
    CONSTRAINT question_state CHECK (state IN ('open', 'answered', 'closed'))
);
CREATE INDEX question_by_state ON question (state, touched_at);
CREATE INDEX question_of_account ON question (account_id, id);
CREATE UNIQUE INDEX question_token ON question (token_hash);

CREATE TABLE question_message (
    id          TEXT        NOT NULL,
    question_id TEXT        NOT NULL,
    party       TEXT        NOT NULL,
    employee    TEXT        NOT NULL,
    text        BYTEA       NOT NULL,
    at          TIMESTAMPTZ NOT NULL,
    CONSTRAINT question_message_pk PRIMARY KEY (id),
    CONSTRAINT question_message_question FOREIGN KEY (question_id) REFERENCES question (id),
    CONSTRAINT question_message_party CHECK (party IN ('person', 'support'))
);
CREATE INDEX question_message_of ON question_message (question_id, id);

CREATE TABLE question_file (
    question_id TEXT NOT NULL,
    file_id     TEXT NOT NULL,
    CONSTRAINT question_file_pk PRIMARY KEY (question_id, file_id),
    CONSTRAINT question_file_question FOREIGN KEY (question_id) REFERENCES question (id)
);
