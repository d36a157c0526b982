-- How often something was tried: the whole state of a bucket in one text, so that a sign-in reads its buckets in the
-- statement that reads the account.
CREATE TABLE limit_bucket (
    key        TEXT        NOT NULL, -- rule:identifier or keyed hash; never a contact
    state      TEXT        NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL, -- from then on the row says no more than its absence
    CONSTRAINT limit_bucket_pk PRIMARY KEY (key)
);
CREATE INDEX limit_bucket_expires ON limit_bucket (expires_at);
