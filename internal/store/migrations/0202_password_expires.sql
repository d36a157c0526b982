-- Until when a temporary password opens the way to the person's own (AUTH-6); NULL for one without a term, and for every other password.
-- It counts with must_change alone: yesterday's program leaves it when it sets another password.
ALTER TABLE password ADD COLUMN expires_at TIMESTAMPTZ;
