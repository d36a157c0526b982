-- What the applicant types in a correction before it is sent. Sealed, for them alone; it goes when the case moves.
ALTER TABLE application ADD COLUMN correction BYTEA;
