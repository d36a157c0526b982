-- When the person had the register asked about a piece of evidence, until it answers; when it said last that all is as it was; and whether
-- they were told that the document ends.
ALTER TABLE evidence ADD COLUMN asked_at TIMESTAMPTZ;
ALTER TABLE evidence ADD COLUMN checked_at TIMESTAMPTZ;
ALTER TABLE evidence ADD COLUMN reminded BOOLEAN NOT NULL DEFAULT FALSE;
-- The log of what was shown of one document, or of one paper of the profile, the newest first, on its page.
CREATE INDEX wallet_share_of_account ON wallet_share (account_id, document_id, made_at);
