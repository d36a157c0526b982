-- Who waits for a time with whom, by receipt: the id is the moment. A freed seat is held for the first, as an appointment like others.
CREATE TABLE appointment_wait (
    id          TEXT        NOT NULL,
    account_id  TEXT        NOT NULL,
    resource    TEXT        NOT NULL,
    party       BIGINT      NOT NULL,
    state       TEXT        NOT NULL,
    appointment TEXT,
    created_at  TIMESTAMPTZ NOT NULL,
    CONSTRAINT appointment_wait_pk PRIMARY KEY (id),
    CONSTRAINT appointment_wait_account FOREIGN KEY (account_id) REFERENCES account (id)
);
CREATE UNIQUE INDEX appointment_wait_once ON appointment_wait (account_id, resource) WHERE state = 'waiting';
CREATE INDEX appointment_wait_next ON appointment_wait (resource, state, id);
CREATE INDEX appointment_wait_offer ON appointment_wait (appointment);
