-- What was published of services, in order: each row puts a version of a service in force, or takes the service back to what the
-- files have (version ''). The last row of a service counts. Rows are never changed, so that every version can be gone back to.
CREATE TABLE publication (
    serial  BIGINT      NOT NULL,
    service TEXT        NOT NULL,
    version TEXT        NOT NULL,
    content BYTEA       NOT NULL,
    class   TEXT        NOT NULL,
    note    TEXT        NOT NULL,
    actor   TEXT        NOT NULL,
    at      TIMESTAMPTZ NOT NULL,
    CONSTRAINT publication_pk PRIMARY KEY (serial)
);
CREATE INDEX publication_of_service ON publication (service, serial);
