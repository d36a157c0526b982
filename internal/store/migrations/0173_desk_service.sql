-- What whoever is limited to some services reads of them, from the index alone: lists, counts and the load.
DROP INDEX application_of_unit_service;
CREATE INDEX application_of_unit_service ON application (unit, service, turn, COALESCE(due_at, '9999-12-31 00:00:00+00:00'), id, officer, due_at, account_id);
