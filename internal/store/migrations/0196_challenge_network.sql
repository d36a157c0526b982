-- From which network an attempt began, as a keyed hash: at a recovery one network has a part of what a contact takes. NULL before.
ALTER TABLE challenge ADD COLUMN network BYTEA;
