-- The civil-status register is asked again whether a parent still is one (package mandate): when it answered last and is asked next, and
-- its code and its moment when it did not know the record. Mandates that stand are asked about at the next round.
ALTER TABLE mandate ADD COLUMN asked_at TIMESTAMPTZ;
ALTER TABLE mandate ADD COLUMN ask_at TIMESTAMPTZ;
ALTER TABLE mandate ADD COLUMN doubt_at TIMESTAMPTZ;
ALTER TABLE mandate ADD COLUMN doubt TEXT NOT NULL DEFAULT '';
UPDATE mandate SET asked_at = given_at, ask_at = given_at WHERE ended_at IS NULL;
CREATE INDEX mandate_ask ON mandate (ask_at) WHERE ended_at IS NULL;
