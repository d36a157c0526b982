-- When the agency asked for a file anew, the one that was there before stays with the case and says when another took its place.
ALTER TABLE attachment ADD COLUMN replaced_at TIMESTAMPTZ;
