-- Why a case's question is not sent yet, as the key of a text, and the moment of the next try; '' of one that is sent, or that nobody holds up.
ALTER TABLE application ADD COLUMN waits TEXT NOT NULL DEFAULT '';
ALTER TABLE application ADD COLUMN waits_until TIMESTAMPTZ;
