-- Files that a person puts into an application: of the draft and, under the same id, of the case that is made of it. The bytes are a
-- file; its name, digest and what was read of it are sealed. A row that is not filed and whose draft is gone is swept.
CREATE TABLE attachment (
    id             TEXT        NOT NULL,
    application_id TEXT        NOT NULL,
    account_id     TEXT        NOT NULL,
    slot           TEXT        NOT NULL, -- id in the definition
    file_id        TEXT        NOT NULL, -- '' when malware was found in it
    state          TEXT        NOT NULL,
    reading        TEXT        NOT NULL,
    reason         TEXT        NOT NULL, -- why it could not be read
    content        BYTEA       NOT NULL,
    sent_at        TIMESTAMPTZ NOT NULL,
    read_at        TIMESTAMPTZ,
    confirmed_at   TIMESTAMPTZ,
    filed_at       TIMESTAMPTZ,
    CONSTRAINT attachment_pk PRIMARY KEY (id),
    CONSTRAINT attachment_state CHECK (state IN ('checking', 'ready', 'infected')),
    CONSTRAINT attachment_reading CHECK (reading IN ('', 'waiting', 'read', 'unread')),
    CONSTRAINT attachment_account FOREIGN KEY (account_id) REFERENCES account (id)
);
CREATE INDEX attachment_of_application ON attachment (application_id, sent_at);
CREATE INDEX attachment_of_account ON attachment (account_id, id);
CREATE INDEX attachment_unfiled ON attachment (sent_at) WHERE filed_at IS NULL;

-- A file on its way, piece by piece. It becomes the attachment of the same id.
CREATE TABLE attachment_upload (
    id             TEXT        NOT NULL,
    application_id TEXT        NOT NULL,
    account_id     TEXT        NOT NULL,
    slot           TEXT        NOT NULL,
    size           BIGINT      NOT NULL, -- -1 while nobody knows it: a form without scripts
    received       BIGINT      NOT NULL,
    instead        TEXT        NOT NULL, -- id of the attachment that it replaces
    content        BYTEA       NOT NULL,
    went_on_at     TIMESTAMPTZ NOT NULL,
    CONSTRAINT attachment_upload_pk PRIMARY KEY (id),
    CONSTRAINT attachment_upload_account FOREIGN KEY (account_id) REFERENCES account (id)
);
CREATE INDEX attachment_upload_of_account ON attachment_upload (account_id, application_id);
CREATE INDEX attachment_upload_went_on ON attachment_upload (went_on_at);

-- What has come of it: sealed files of their own.
CREATE TABLE attachment_piece (
    upload_id TEXT   NOT NULL,
    start     BIGINT NOT NULL,
    file_id   TEXT   NOT NULL,
    CONSTRAINT attachment_piece_pk PRIMARY KEY (upload_id, start),
    CONSTRAINT attachment_piece_upload FOREIGN KEY (upload_id) REFERENCES attachment_upload (id) ON DELETE CASCADE
);
