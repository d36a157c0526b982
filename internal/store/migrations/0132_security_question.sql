-- Security questions of an account whose portal has switched them on (AUTH-5). The answers are hashed together, like a password.
CREATE TABLE security_question (
    account_id TEXT        NOT NULL,
    content    BYTEA       NOT NULL, -- sealed: which questions
    encoded    TEXT        NOT NULL, -- the hash of all answers
    made_at    TIMESTAMPTZ NOT NULL,
    CONSTRAINT security_question_pk PRIMARY KEY (account_id),
    CONSTRAINT security_question_account FOREIGN KEY (account_id) REFERENCES account (id)
);
