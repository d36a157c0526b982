-- What stands behind who a person is, one row for each piece (LVL-1): the level follows from those that have not ended. Nothing
-- here says who the person is.
CREATE TABLE evidence (
    id         TEXT        NOT NULL,
    account_id TEXT        NOT NULL,
    kind       TEXT        NOT NULL,
    way        TEXT        NOT NULL,
    given_at   TIMESTAMPTZ NOT NULL,
    until_at   TIMESTAMPTZ,
    recheck_at TIMESTAMPTZ,
    ended_at   TIMESTAMPTZ,
    why        TEXT        NOT NULL DEFAULT '',
    CONSTRAINT evidence_pk PRIMARY KEY (id),
    CONSTRAINT evidence_account FOREIGN KEY (account_id) REFERENCES account (id)
);
CREATE UNIQUE INDEX evidence_stands ON evidence (account_id, kind) WHERE ended_at IS NULL;
CREATE INDEX evidence_of_account ON evidence (account_id, id);
CREATE INDEX evidence_until ON evidence (until_at) WHERE ended_at IS NULL;
CREATE INDEX evidence_recheck ON evidence (recheck_at) WHERE ended_at IS NULL;

INSERT INTO evidence (id, account_id, kind, way, given_at) SELECT id || '-document', id, 'document', 'centre', coalesce(confirmed_at, created_at) FROM account WHERE level = 'confirmed';
INSERT INTO evidence (id, account_id, kind, way, given_at) SELECT id || '-presence', id, 'presence', 'centre', coalesce(confirmed_at, created_at) FROM account WHERE level = 'confirmed';
INSERT INTO evidence (id, account_id, kind, way, given_at) SELECT id || '-snils', id, 'snils', 'centre', coalesce(confirmed_at, created_at) FROM account WHERE level = 'confirmed';

-- A SNILS has one holder, whatever the level (REG-11): the index is there as long as the account holds it.
DROP INDEX account_snils_confirmed;
DROP INDEX account_snils;
CREATE UNIQUE INDEX account_snils_held ON account (snils_index) WHERE state <> 'retired';

-- A person's own proof by registers has no operator and no unit; refusal says what its last round came to.
ALTER TABLE proof ADD COLUMN refusal TEXT NOT NULL DEFAULT '';
CREATE UNIQUE INDEX proof_own_open ON proof (account_id) WHERE way = 'registers' AND state IN ('entering', 'checking');
