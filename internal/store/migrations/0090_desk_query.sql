-- What the desk's lists are read by: an agency's cases by whose turn it is, who has them, of which service, in the order of their
-- deadlines (those without one last), of their filing, of their last move. The expression is that of package application, to the letter.
DROP INDEX application_of_unit;
CREATE INDEX application_of_unit ON application (unit, turn, submitted_at, id);
CREATE INDEX application_of_unit_entered ON application (unit, turn, entered_at, id);
CREATE INDEX application_of_unit_due ON application (unit, turn, COALESCE(due_at, '9999-12-31 00:00:00+00:00'), id);
CREATE INDEX application_of_unit_officer ON application (unit, officer, turn, COALESCE(due_at, '9999-12-31 00:00:00+00:00'), id);
CREATE INDEX application_of_unit_service ON application (unit, service, turn, COALESCE(due_at, '9999-12-31 00:00:00+00:00'), id);

-- A saved query of a desk: a name and which cases it shows. Without an employee it is the whole agency's.
CREATE TABLE desk_query (
    id          TEXT        NOT NULL,
    unit        TEXT        NOT NULL,
    employee_id TEXT        NOT NULL,
    name        TEXT        NOT NULL,
    filter      TEXT        NOT NULL,
    created_at  TIMESTAMPTZ NOT NULL,
    CONSTRAINT desk_query_pk PRIMARY KEY (id),
    CONSTRAINT desk_query_name UNIQUE (unit, employee_id, name)
);
