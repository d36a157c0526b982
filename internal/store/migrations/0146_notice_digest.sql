-- Notices that wait for the letter of the day. Whose they are the notice says. letter names the letter that they go with once it is made.
CREATE TABLE notice_digest (
    notice_id TEXT        NOT NULL,
    due_at    TIMESTAMPTZ NOT NULL,
    letter    TEXT,
    CONSTRAINT notice_digest_pk PRIMARY KEY (notice_id),
    CONSTRAINT notice_digest_notice FOREIGN KEY (notice_id) REFERENCES notice (id)
);
CREATE INDEX notice_digest_due ON notice_digest (due_at);
