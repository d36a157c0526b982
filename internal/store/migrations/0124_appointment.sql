-- Who comes when (SRV-7). A time that is held or booked has a seat, and a seat has one person: the constraint says so to both engines.
-- What is over has no seat, and NULL is equal to nothing. Why a person comes is not kept.
CREATE TABLE appointment (
    id          TEXT        NOT NULL,
    account_id  TEXT        NOT NULL,
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
    CONSTRAINT appointment_pk PRIMARY KEY (id),
    CONSTRAINT appointment_seat_key UNIQUE (resource, starts_at, seat),
    CONSTRAINT appointment_account FOREIGN KEY (account_id) REFERENCES account (id)
);
CREATE INDEX appointment_of_account ON appointment (account_id, starts_at);
CREATE INDEX appointment_held ON appointment (state, held_until);
