-- What is known of uploads and issued papers. The bytes lie in the bucket under the id, sealed with the owner's key,
-- as is the name; sha256 is of the sealed bytes, so that a backup can be compared without any key and nobody can
-- find out by it who holds a paper that they know. An empty owner is the platform itself.
CREATE TABLE file (
    id         TEXT        NOT NULL,
    owner      TEXT        NOT NULL,
    name       BYTEA       NOT NULL,
    media      TEXT        NOT NULL,
    size       BIGINT      NOT NULL,
    sha256     BYTEA       NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT file_pk PRIMARY KEY (id)
);

CREATE INDEX file_owner ON file (owner, id);
