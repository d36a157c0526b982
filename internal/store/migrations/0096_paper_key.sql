-- What is public of the keys that sign papers, and since when and until when each counts. The private halves are in a file of the
-- operator (package stamp). No row is ever deleted: old papers are verified by old keys.
CREATE TABLE paper_key (
    id         TEXT        NOT NULL,
    chain      TEXT        NOT NULL,
    made_at    TIMESTAMPTZ NOT NULL,
    since      TIMESTAMPTZ,
    until      TIMESTAMPTZ,
    revoked_at TIMESTAMPTZ,
    reason     TEXT        NOT NULL DEFAULT '',
    CONSTRAINT paper_key_pk PRIMARY KEY (id)
);

-- By which key a paper was signed; none, if it was issued before the portal had one.
ALTER TABLE document ADD COLUMN paper_key TEXT NOT NULL DEFAULT '';
