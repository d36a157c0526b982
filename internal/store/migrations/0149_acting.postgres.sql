-- Who fills in a form, or filed a case, for somebody else (package mandate): by_id is the account of the one who acts, '' for whoever acts
-- for themselves. Two parents have a draft each.
ALTER TABLE draft ADD COLUMN by_id TEXT NOT NULL DEFAULT '';
ALTER TABLE draft DROP CONSTRAINT draft_pk;
ALTER TABLE draft ADD CONSTRAINT draft_pk PRIMARY KEY (account_id, by_id, service);
CREATE INDEX draft_by ON draft (by_id) WHERE by_id <> '';
ALTER TABLE application ADD COLUMN by_id TEXT NOT NULL DEFAULT '';
CREATE INDEX application_by ON application (by_id, submitted_at) WHERE by_id <> '';
