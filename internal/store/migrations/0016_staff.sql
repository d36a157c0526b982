CREATE TABLE employee (
    id         TEXT        NOT NULL,
    login      TEXT        NOT NULL,
    name       BYTEA       NOT NULL,
    role       TEXT        NOT NULL,
    unit       TEXT        NOT NULL,
    state      TEXT        NOT NULL,
    password   TEXT        NOT NULL,
    totp       BYTEA       NOT NULL,
    totp_step  BIGINT      NOT NULL DEFAULT 0,
    created_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT employee_pk PRIMARY KEY (id),
    CONSTRAINT employee_login_key UNIQUE (login),
    CONSTRAINT employee_state CHECK (state IN ('active', 'dismissed'))
);
