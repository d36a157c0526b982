-- Hashes of the passwords that an account had before, the last few alone: none of them becomes its password again (AUTH-5).
CREATE TABLE password_past (
    account_id TEXT        NOT NULL,
    encoded    TEXT        NOT NULL,
    left_at    TIMESTAMPTZ NOT NULL, -- when another took its place
    CONSTRAINT password_past_pk PRIMARY KEY (account_id, encoded),
    CONSTRAINT password_past_account FOREIGN KEY (account_id) REFERENCES account (id)
);
