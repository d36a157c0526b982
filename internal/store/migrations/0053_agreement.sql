-- Each edition of a text that people agree to, as it was when this portal first had it: who agreed can read that very one.
CREATE TABLE agreement (
    document TEXT        NOT NULL,
    edition  TEXT        NOT NULL,
    lang     TEXT        NOT NULL,
    source   TEXT        NOT NULL,
    seen_at  TIMESTAMPTZ NOT NULL,
    CONSTRAINT agreement_pk PRIMARY KEY (document, edition, lang)
);
