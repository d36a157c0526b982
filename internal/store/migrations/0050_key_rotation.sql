-- What each running node holds of the two secrets: a rotation goes on when every one has seen the new ones.
CREATE TABLE key_holder (
    id      TEXT        NOT NULL,
    holds   TEXT        NOT NULL,
    since   TIMESTAMPTZ NOT NULL,
    seen_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT key_holder_pk PRIMARY KEY (id)
);

-- How far each step of a rotation has come: written with the rows of each batch, so that a killed one goes on there.
CREATE TABLE key_progress (
    step     TEXT        NOT NULL,
    target   TEXT        NOT NULL,
    last_row TEXT        NOT NULL,
    done     BIGINT      NOT NULL,
    moved_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT key_progress_pk PRIMARY KEY (step)
);

-- What is still needed of an index root that is gone, sealed with the master keyset: keys that signed the audit.
CREATE TABLE root_key (
    id     TEXT  NOT NULL,
    name   TEXT  NOT NULL,
    sealed BYTEA NOT NULL,
    CONSTRAINT root_key_pk PRIMARY KEY (id)
);
