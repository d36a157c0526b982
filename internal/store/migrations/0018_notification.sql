-- A notice in a person's inbox, sealed; and its way to the person by SMS and mail.
CREATE TABLE notice (
    id         TEXT        NOT NULL,
    account_id TEXT        NOT NULL,
    topic      TEXT        NOT NULL,
    content    BYTEA       NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    read_at    TIMESTAMPTZ,
    CONSTRAINT notice_pk PRIMARY KEY (id),
    CONSTRAINT notice_account FOREIGN KEY (account_id) REFERENCES account (id)
);
CREATE INDEX notice_of_account ON notice (account_id, id);

CREATE TABLE delivery (
    notice_id TEXT        NOT NULL,
    channel   TEXT        NOT NULL,
    sent_at   TIMESTAMPTZ NOT NULL,
    gateway   TEXT        NOT NULL,
    CONSTRAINT delivery_pk PRIMARY KEY (notice_id, channel)
);
