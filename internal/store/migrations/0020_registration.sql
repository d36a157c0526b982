-- A registration under way in one browser. What was typed is sealed under the key of the person to be, whose
-- account will bear the same id; an abandoned draft is erased with its key after 7 days (REG-8).
CREATE TABLE registration (
    id           TEXT        NOT NULL,
    browser      BYTEA       NOT NULL,
    step         TEXT        NOT NULL,
    details      BYTEA       NOT NULL,
    channel      TEXT        NOT NULL,
    challenge_id TEXT        NOT NULL,
    terms        TEXT        NOT NULL,
    privacy      TEXT        NOT NULL,
    agreed_at    TIMESTAMPTZ NOT NULL,
    lang         TEXT        NOT NULL,
    created_at   TIMESTAMPTZ NOT NULL,
    expires_at   TIMESTAMPTZ NOT NULL,
    CONSTRAINT registration_pk PRIMARY KEY (id),
    CONSTRAINT registration_browser_key UNIQUE (browser)
);
CREATE INDEX registration_by_end ON registration (expires_at);
