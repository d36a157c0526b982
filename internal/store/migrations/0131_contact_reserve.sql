-- Since when an e-mail serves recovery and news of the account's safety alone (AUTH-5); NULL for a contact that serves everything.
ALTER TABLE contact ADD COLUMN reserved_at TIMESTAMPTZ;
