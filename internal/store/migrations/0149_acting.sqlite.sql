-- Who fills in a form, or filed a case, for somebody else (package mandate): by_id is the account of the one who acts, '' for whoever acts
-- for themselves. Two parents have a draft each. SQLite cannot change a primary key, so the drafts are made anew.
ALTER TABLE draft RENAME TO draft_before;
CREATE TABLE draft (
    account_id TEXT        NOT NULL,
    by_id      TEXT        NOT NULL DEFAULT '',
    service    TEXT        NOT NULL,
    id         TEXT        NOT NULL,
    answers    BYTEA       NOT NULL,
    previous   TEXT        NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    version    BIGINT      NOT NULL DEFAULT 1,
    touched    BYTEA,
    CONSTRAINT draft_pk PRIMARY KEY (account_id, by_id, service),
    CONSTRAINT draft_id_key UNIQUE (id),
    CONSTRAINT draft_account FOREIGN KEY (account_id) REFERENCES account (id)
);
INSERT INTO draft (account_id, by_id, service, id, answers, previous, updated_at, version, touched)
    SELECT account_id, '', service, id, answers, previous, updated_at, version, touched FROM draft_before;
DROP TABLE draft_before;
CREATE INDEX draft_by ON draft (by_id) WHERE by_id <> '';
ALTER TABLE application ADD COLUMN by_id TEXT NOT NULL DEFAULT '';
CREATE INDEX application_by ON application (by_id, submitted_at) WHERE by_id <> '';
