-- Which contact of its kind is the main one: the one chosen last. And when its holder last proved to hold it; NULL is
-- "not since it was attached".
ALTER TABLE contact ADD COLUMN main_at TIMESTAMPTZ;
ALTER TABLE contact ADD COLUMN proved_at TIMESTAMPTZ;
