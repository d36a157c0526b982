-- When the owner of a contact that nobody has confirmed for long was asked to confirm it; NULL once it is confirmed again.
ALTER TABLE contact ADD COLUMN reminded_at TIMESTAMPTZ;
CREATE INDEX contact_to_remind ON contact (COALESCE(proved_at, verified_at)) WHERE reminded_at IS NULL;

-- The contact by which a recovery began, when it was proved and had not been confirmed for long: another one has to be proved, too.
ALTER TABLE recovery ADD COLUMN stale_contact TEXT;
