-- A case that was carried to another version of its service: under which definition its earlier moves were made.
CREATE TABLE application_carried (
    application_id TEXT   NOT NULL,
    version        BIGINT NOT NULL,
    was            TEXT   NOT NULL,
    now            TEXT   NOT NULL,
    CONSTRAINT application_carried_pk PRIMARY KEY (application_id, version),
    CONSTRAINT application_carried_application FOREIGN KEY (application_id) REFERENCES application (id)
);
