-- How the last code of an attempt went out: by a call that speaks it, or by SMS or letter (REG-4).
ALTER TABLE challenge ADD COLUMN spoken BOOLEAN NOT NULL DEFAULT FALSE;
