-- The load of a desk is counted from this index alone. Its condition names due_at (PostgreSQL answers from an index only what names its
-- columns) and account_id: a case is counted while its person is known. Without them every case counted was fetched from the table.
DROP INDEX application_of_unit_due;
CREATE INDEX application_of_unit_due ON application (unit, turn, COALESCE(due_at, '9999-12-31 00:00:00+00:00'), id, due_at, account_id);
