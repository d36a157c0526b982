-- An application for a SNILS (REG-14). details is sealed under the person's key: who applies, the fund's number of the application,
-- and the SNILS once it is there.
CREATE TABLE snils_request (
    id         TEXT        NOT NULL,
    account_id TEXT        NOT NULL,
    state      TEXT        NOT NULL,
    details    BYTEA       NOT NULL,
    code       TEXT        NOT NULL DEFAULT '',
    asked      BIGINT      NOT NULL DEFAULT 0,
    filed_at   TIMESTAMPTZ NOT NULL,
    due_at     TIMESTAMPTZ NOT NULL,
    late_at    TIMESTAMPTZ,
    ended_at   TIMESTAMPTZ,
    CONSTRAINT snils_request_pk PRIMARY KEY (id),
    CONSTRAINT snils_request_account FOREIGN KEY (account_id) REFERENCES account (id),
    CONSTRAINT snils_request_state CHECK (state IN ('filed', 'accepted', 'posted', 'assigned', 'refused', 'left'))
);
CREATE INDEX snils_request_of_account ON snils_request (account_id, id);

-- One application under way for a person.
CREATE UNIQUE INDEX snils_request_open ON snils_request (account_id) WHERE state IN ('filed', 'accepted', 'posted');
