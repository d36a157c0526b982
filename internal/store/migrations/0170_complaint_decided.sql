-- Complaints that were decided, the last first.
CREATE INDEX complaint_decided ON complaint (unit, decided_at, id) WHERE state <> 'open';
