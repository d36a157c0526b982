-- How a visit goes: who said that they come, who came, who stands there without an account and has a seat (a walk-in, with a number instead).
-- A party takes several seats, of which head names the first. One person keeps one time of a kind while confirming: the index says so.
-- SQLite cannot let a column be empty that could not be, so the table is made anew.
ALTER TABLE appointment RENAME TO appointment_before;
CREATE TABLE appointment (
    id          TEXT        NOT NULL,
    account_id  TEXT,
    kind        TEXT        NOT NULL,
    resource    TEXT        NOT NULL,
    starts_at   TIMESTAMPTZ NOT NULL,
    ends_at     TIMESTAMPTZ NOT NULL,
    seat        BIGINT,
    state       TEXT        NOT NULL,
    held_until  TIMESTAMPTZ,
    moves       TEXT,
    sequence    BIGINT      NOT NULL,
    created_at  TIMESTAMPTZ NOT NULL,
    head        TEXT,
    root        TEXT,
    party       BIGINT      NOT NULL DEFAULT 1,
    reminded    BIGINT      NOT NULL DEFAULT 0,
    answered    BIGINT      NOT NULL DEFAULT 0,
    coming      BOOLEAN,
    came        BOOLEAN,
    number      BIGINT,
    CONSTRAINT appointment_pk PRIMARY KEY (id),
    CONSTRAINT appointment_seat_key UNIQUE (resource, starts_at, seat),
    CONSTRAINT appointment_account FOREIGN KEY (account_id) REFERENCES account (id)
);
INSERT INTO appointment (id, account_id, kind, resource, starts_at, ends_at, seat, state, held_until, moves, sequence, created_at)
    SELECT id, account_id, kind, resource, starts_at, ends_at, seat, state, held_until, moves, sequence, created_at FROM appointment_before;
DROP TABLE appointment_before;
CREATE INDEX appointment_of_account ON appointment (account_id, starts_at);
CREATE INDEX appointment_held ON appointment (state, held_until);
CREATE UNIQUE INDEX appointment_one_hold ON appointment (account_id, kind) WHERE state = 'held' AND head IS NULL;
CREATE INDEX appointment_of_head ON appointment (head);
