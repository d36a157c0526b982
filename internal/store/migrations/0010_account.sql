-- A person's account. The profile is sealed under the person's key; snils_index is a keyed hash by which
-- one SNILS is found without being stored.
CREATE TABLE account (
    id           TEXT        NOT NULL,
    level        TEXT        NOT NULL,
    state        TEXT        NOT NULL,
    lang         TEXT        NOT NULL,
    profile      BYTEA       NOT NULL,
    snils_index  BYTEA,
    tour_seen    BOOLEAN     NOT NULL DEFAULT FALSE,
    created_at   TIMESTAMPTZ NOT NULL,
    confirmed_at TIMESTAMPTZ,
    version      BIGINT      NOT NULL DEFAULT 1,
    CONSTRAINT account_pk PRIMARY KEY (id),
    CONSTRAINT account_level CHECK (level IN ('simplified', 'standard', 'confirmed')),
    CONSTRAINT account_state CHECK (state IN ('active', 'frozen', 'retired'))
);

-- One person, one account (REG-11): a SNILS is proved once.
CREATE UNIQUE INDEX account_snils_confirmed ON account (snils_index) WHERE level = 'confirmed' AND state <> 'retired';
CREATE INDEX account_snils ON account (snils_index);

-- Which text a person agreed to, which version of it, and when (REG-8).
CREATE TABLE consent (
    account_id TEXT        NOT NULL,
    document   TEXT        NOT NULL,
    edition    TEXT        NOT NULL,
    given_at   TIMESTAMPTZ NOT NULL,
    CONSTRAINT consent_pk PRIMARY KEY (account_id, document, edition),
    CONSTRAINT consent_account FOREIGN KEY (account_id) REFERENCES account (id)
);

CREATE TABLE favourite (
    account_id TEXT        NOT NULL,
    service    TEXT        NOT NULL,
    added_at   TIMESTAMPTZ NOT NULL,
    CONSTRAINT favourite_pk PRIMARY KEY (account_id, service),
    CONSTRAINT favourite_account FOREIGN KEY (account_id) REFERENCES account (id)
);
