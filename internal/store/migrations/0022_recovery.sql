-- A recovery of access under way in one browser. account_id is NULL when the contact belongs to nobody: the pages
-- are the same then (AUTH-5).
CREATE TABLE recovery (
    id           TEXT        NOT NULL,
    browser      BYTEA       NOT NULL,
    challenge_id TEXT        NOT NULL,
    account_id   TEXT,
    proved_at    TIMESTAMPTZ,
    created_at   TIMESTAMPTZ NOT NULL,
    expires_at   TIMESTAMPTZ NOT NULL,
    CONSTRAINT recovery_pk PRIMARY KEY (id),
    CONSTRAINT recovery_browser_key UNIQUE (browser)
);
CREATE INDEX recovery_by_end ON recovery (expires_at);
