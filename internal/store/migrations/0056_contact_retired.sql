-- A contact of an account that another took over: it is found by nobody, also when the index root changes.
ALTER TABLE contact ADD COLUMN retired BOOLEAN NOT NULL DEFAULT FALSE;
