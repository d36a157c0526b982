-- Each service has a stretch of its own in the other orders of a list, too.
CREATE INDEX application_of_unit_service_filed ON application (unit, service, turn, submitted_at, id);
CREATE INDEX application_of_unit_service_entered ON application (unit, service, turn, entered_at, id);
