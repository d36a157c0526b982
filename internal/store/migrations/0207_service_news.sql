-- How far people were told of changes of services: of every publication up to this one, and of the next one everybody up to this account.
CREATE TABLE service_news (
    serial  BIGINT NOT NULL,
    reached TEXT   NOT NULL
);
INSERT INTO service_news (serial, reached) SELECT COALESCE(max(serial), 0), '' FROM publication;

-- Who keeps a service, and who has begun an application for it.
CREATE INDEX favourite_of_service ON favourite (service, account_id);
CREATE INDEX draft_of_service ON draft (service, account_id);
