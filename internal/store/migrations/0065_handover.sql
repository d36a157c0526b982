-- A child's account that waits to be taken by the child (package mandate): whoever proves the phone or e-mail that the parent named,
-- as in a recovery of access, has it from then on. The contact is sealed under the child's key.
CREATE TABLE handover (
    account_id    TEXT        NOT NULL,
    by_id         TEXT        NOT NULL,
    contact       BYTEA       NOT NULL,
    contact_index BYTEA       NOT NULL,
    contact_ahead BYTEA,
    started_at    TIMESTAMPTZ NOT NULL,
    expires_at    TIMESTAMPTZ NOT NULL,
    CONSTRAINT handover_pk PRIMARY KEY (account_id),
    CONSTRAINT handover_account FOREIGN KEY (account_id) REFERENCES account (id)
);
CREATE INDEX handover_contact ON handover (contact_index);
CREATE INDEX handover_contact_ahead ON handover (contact_ahead);
