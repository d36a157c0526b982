-- The code by which a person is found at a desk. It is shown in the cabinet, sealed, and found by a keyed hash.
CREATE TABLE visit (
    account_id TEXT        NOT NULL,
    code       BYTEA       NOT NULL,
    code_index BYTEA       NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT visit_pk PRIMARY KEY (account_id),
    CONSTRAINT visit_code_key UNIQUE (code_index),
    CONSTRAINT visit_account FOREIGN KEY (account_id) REFERENCES account (id)
);

-- One operator's proof of one person's identity.
CREATE TABLE proof (
    id         TEXT        NOT NULL,
    account_id TEXT        NOT NULL,
    way        TEXT        NOT NULL,
    operator   TEXT        NOT NULL,
    unit       TEXT        NOT NULL,
    state      TEXT        NOT NULL,
    papers     BYTEA,
    round      BIGINT      NOT NULL DEFAULT 0,
    created_at TIMESTAMPTZ NOT NULL,
    ended_at   TIMESTAMPTZ,
    CONSTRAINT proof_pk PRIMARY KEY (id),
    CONSTRAINT proof_account FOREIGN KEY (account_id) REFERENCES account (id),
    CONSTRAINT proof_state CHECK (state IN ('entering', 'checking', 'confirmed', 'left'))
);
CREATE INDEX proof_of_account ON proof (account_id);
CREATE INDEX proof_of_unit ON proof (unit, id);

-- What each register answered. A new round of checks replaces the answers of the one before.
CREATE TABLE register_check (
    proof_id TEXT        NOT NULL,
    register TEXT        NOT NULL,
    round    BIGINT      NOT NULL,
    state    TEXT        NOT NULL,
    tries    BIGINT      NOT NULL DEFAULT 0,
    answer   BYTEA,
    asked_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT register_check_pk PRIMARY KEY (proof_id, register),
    CONSTRAINT register_check_proof FOREIGN KEY (proof_id) REFERENCES proof (id),
    CONSTRAINT register_check_state CHECK (state IN ('asking', 'answered'))
);
