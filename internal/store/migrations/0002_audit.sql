-- Who did what to whom. Rows are only added; the sealer sets seal once.
CREATE TABLE audit_event (
    id         TEXT        NOT NULL,
    at         TIMESTAMPTZ NOT NULL,
    action     TEXT        NOT NULL,
    actor_kind TEXT        NOT NULL,
    actor_id   TEXT        NOT NULL,
    actor_role TEXT        NOT NULL,
    actor_unit TEXT        NOT NULL,
    session_id TEXT        NOT NULL,
    subject    TEXT        NOT NULL, -- account whose data it is about; empty when nobody's
    object     TEXT        NOT NULL,
    detail     TEXT        NOT NULL, -- JSON object with sorted keys; codes and identifiers only. TEXT, because its bytes are hashed
    seal       BIGINT,
    CONSTRAINT audit_event_pk PRIMARY KEY (id)
);
CREATE INDEX audit_event_subject ON audit_event (subject, id) WHERE subject <> '';
CREATE INDEX audit_event_seal ON audit_event (seal, id) WHERE seal IS NOT NULL;
CREATE INDEX audit_event_tail ON audit_event (id) WHERE seal IS NULL;

-- One link of the chain: the hash of the events that carry its number and of the link before it.
CREATE TABLE audit_seal (
    seq   BIGINT      NOT NULL,
    at    TIMESTAMPTZ NOT NULL,
    count BIGINT      NOT NULL,
    prev  BYTEA       NOT NULL,
    hash  BYTEA       NOT NULL,
    sign  BYTEA       NOT NULL, -- keyed, so that who has only the database cannot make a chain of his own; empty without a key
    CONSTRAINT audit_seal_pk PRIMARY KEY (seq)
);
