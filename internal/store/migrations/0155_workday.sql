-- The production calendar as the operator gives it, in order: each row puts what was decreed of a year in force, as JSON, or takes the
-- year back to what the program has built in (content ''). The last row of a year counts. Rows are never changed.
CREATE TABLE workday_year (
    serial  BIGINT      NOT NULL,
    year    BIGINT      NOT NULL,
    content TEXT        NOT NULL,
    actor   TEXT        NOT NULL,
    at      TIMESTAMPTZ NOT NULL,
    CONSTRAINT workday_year_pk PRIMARY KEY (serial)
);
CREATE INDEX workday_of_year ON workday_year (year, serial);
