-- Complaints that wait, the most urgent first. Those that were decided have an index of their own.
DROP INDEX complaint_of_unit;
CREATE INDEX complaint_waits ON complaint (unit, due_at, id) WHERE state = 'open';
