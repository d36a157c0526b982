-- Texts of advice that an agency's desk keeps, for one service or for all, in both languages.
CREATE TABLE advice_template (
    id         TEXT        NOT NULL,
    unit       TEXT        NOT NULL,
    service    TEXT        NOT NULL,
    title      TEXT        NOT NULL,
    ru         TEXT        NOT NULL,
    en         TEXT        NOT NULL,
    version    BIGINT      NOT NULL,
    changed_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT advice_template_pk PRIMARY KEY (id),
    CONSTRAINT advice_template_title UNIQUE (unit, service, title)
);

-- One thing to be done with several cases, each in a transaction of its own. Whoever is to get them, or the event, the reason and the
-- text of the advice: no words about a person.
CREATE TABLE desk_batch (
    id          TEXT        NOT NULL,
    unit        TEXT        NOT NULL,
    employee_id TEXT        NOT NULL,
    deed        TEXT        NOT NULL,
    officer     TEXT        NOT NULL,
    event       TEXT        NOT NULL,
    reason      TEXT        NOT NULL,
    template_id TEXT        NOT NULL,
    created_at  TIMESTAMPTZ NOT NULL,
    started_at  TIMESTAMPTZ,
    CONSTRAINT desk_batch_pk PRIMARY KEY (id)
);
CREATE INDEX desk_batch_of_employee ON desk_batch (employee_id, id);

CREATE TABLE desk_batch_case (
    batch_id       TEXT   NOT NULL,
    application_id TEXT   NOT NULL,
    version        BIGINT NOT NULL,
    result         TEXT   NOT NULL,
    CONSTRAINT desk_batch_case_pk PRIMARY KEY (batch_id, application_id),
    CONSTRAINT desk_batch_case_batch FOREIGN KEY (batch_id) REFERENCES desk_batch (id)
);
