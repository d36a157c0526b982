-- An undo of a takeover waits for a second employee: who proposed it, when, and why, sealed under the key of old_id.
ALTER TABLE takeover ADD COLUMN proposed_by TEXT NOT NULL DEFAULT '';
ALTER TABLE takeover ADD COLUMN proposed_at TIMESTAMPTZ;
ALTER TABLE takeover ADD COLUMN proposed_why BYTEA;
CREATE INDEX takeover_proposed ON takeover (proposed_at) WHERE proposed_at IS NOT NULL;
