-- Somebody who proved control of a contact asks to untie it from the account that holds it (REG-6). The asker is an
-- account or a draft of a registration; the value is sealed under the asker's key, and gone once the asker was told.
CREATE TABLE untying (
    id          TEXT        NOT NULL,
    contact_id  TEXT        NOT NULL,
    account_id  TEXT        NOT NULL,
    asker       TEXT        NOT NULL,
    kind        TEXT        NOT NULL,
    value       BYTEA,
    value_index BYTEA       NOT NULL,
    state       TEXT        NOT NULL,
    lang        TEXT        NOT NULL,
    asked_at    TIMESTAMPTZ NOT NULL,
    due_at      TIMESTAMPTZ NOT NULL,
    told_at     TIMESTAMPTZ,
    ended_at    TIMESTAMPTZ,
    CONSTRAINT untying_pk PRIMARY KEY (id),
    CONSTRAINT untying_state CHECK (state IN ('asked', 'cancelled', 'freed'))
);
CREATE UNIQUE INDEX untying_open ON untying (contact_id) WHERE state = 'asked';
CREATE INDEX untying_of_value ON untying (value_index, asked_at);
CREATE INDEX untying_of_account ON untying (account_id, state);
CREATE INDEX untying_of_asker ON untying (asker, asked_at);
