-- What an agency's cases are read by when a state is asked for: whose turn a state is depends on the service, so it stands behind.
CREATE INDEX application_of_unit_state ON application (unit, state, turn, COALESCE(due_at, '9999-12-31 00:00:00+00:00'), id);

-- Whose turn it is stands before who has the case: what officers have on their tables is one stretch then, and what they ended is not
-- passed over. due_at stands in it once more because PostgreSQL answers from an index alone only what names its columns.
DROP INDEX application_of_unit_officer;
CREATE INDEX application_of_unit_officer ON application (unit, turn, officer, COALESCE(due_at, '9999-12-31 00:00:00+00:00'), id, due_at);
