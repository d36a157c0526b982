-- The key under which a person's columns are sealed, itself sealed by the master key. Destroying the row
-- erases the person everywhere at once.
CREATE TABLE person_key (
    owner      TEXT        NOT NULL,
    wrapped    BYTEA       NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT person_key_pk PRIMARY KEY (owner)
);
