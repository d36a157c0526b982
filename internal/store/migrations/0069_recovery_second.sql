-- By what somebody who recovers access showed what the contact alone does not prove: another factor, another contact, or the number
-- of the document; '' when by nothing yet. And how many wrong tries there were.
ALTER TABLE recovery ADD COLUMN second_wrong INTEGER NOT NULL DEFAULT 0;
ALTER TABLE recovery ADD COLUMN second_by TEXT NOT NULL DEFAULT '';

-- By which second factor a sign-in was proved that waits for a new password in place of a temporary one (AUTH-6).
ALTER TABLE pending_signin ADD COLUMN methods TEXT NOT NULL DEFAULT '';
