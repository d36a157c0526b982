-- A definition of a service as it was when a case began: cases run on it to their end, whatever the files say later.
CREATE TABLE definition (
    version   TEXT        NOT NULL,
    service   TEXT        NOT NULL,
    content   BYTEA       NOT NULL,
    seen_at   TIMESTAMPTZ NOT NULL,
    CONSTRAINT definition_pk PRIMARY KEY (version)
);

-- Numbers of cases are handed to the nodes in blocks, so that submissions do not queue for one row.
CREATE TABLE case_number (
    year BIGINT NOT NULL,
    next BIGINT NOT NULL,
    CONSTRAINT case_number_pk PRIMARY KEY (year)
);

-- One open draft per person and service.
CREATE TABLE draft (
    account_id TEXT        NOT NULL,
    service    TEXT        NOT NULL,
    id         TEXT        NOT NULL,
    answers    BYTEA       NOT NULL,
    previous   TEXT        NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    version    BIGINT      NOT NULL DEFAULT 1,
    CONSTRAINT draft_pk PRIMARY KEY (account_id, service),
    CONSTRAINT draft_id_key UNIQUE (id),
    CONSTRAINT draft_account FOREIGN KEY (account_id) REFERENCES account (id)
);

-- A case: an application and what became of it. It bears the id of the draft it was made from, so that a form sent twice is
-- one case.
CREATE TABLE application (
    id           TEXT        NOT NULL,
    number       TEXT        NOT NULL,
    account_id   TEXT        NOT NULL,
    service      TEXT        NOT NULL,
    definition   TEXT        NOT NULL,
    unit         TEXT        NOT NULL,
    state        TEXT        NOT NULL,
    turn         TEXT        NOT NULL,
    outcome      TEXT        NOT NULL,
    officer      TEXT        NOT NULL,
    content      BYTEA       NOT NULL,
    failed       BIGINT      NOT NULL,
    previous     TEXT        NOT NULL,
    submitted_at TIMESTAMPTZ NOT NULL,
    entered_at   TIMESTAMPTZ NOT NULL,
    due_at       TIMESTAMPTZ,
    version      BIGINT      NOT NULL,
    CONSTRAINT application_pk PRIMARY KEY (id),
    CONSTRAINT application_number_key UNIQUE (number),
    CONSTRAINT application_account FOREIGN KEY (account_id) REFERENCES account (id)
);
CREATE INDEX application_of_account ON application (account_id, submitted_at);
CREATE INDEX application_of_unit ON application (unit, turn, submitted_at);

-- What happened in a case, in order.
CREATE TABLE application_event (
    application_id TEXT        NOT NULL,
    version        BIGINT      NOT NULL,
    at             TIMESTAMPTZ NOT NULL,
    event          TEXT        NOT NULL,
    party          TEXT        NOT NULL,
    actor          TEXT        NOT NULL,
    state          TEXT        NOT NULL,
    note           BYTEA,
    CONSTRAINT application_event_pk PRIMARY KEY (application_id, version),
    CONSTRAINT application_event_application FOREIGN KEY (application_id) REFERENCES application (id)
);
