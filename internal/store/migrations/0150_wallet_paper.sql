-- Into which applications a paper that the portal issued went, and as which file. The paper itself is document's.
CREATE TABLE wallet_paper_use (
    attachment_id TEXT        NOT NULL,
    account_id    TEXT        NOT NULL,
    paper_id      TEXT        NOT NULL,
    used_at       TIMESTAMPTZ NOT NULL,
    CONSTRAINT wallet_paper_use_pk PRIMARY KEY (attachment_id),
    CONSTRAINT wallet_paper_use_account FOREIGN KEY (account_id) REFERENCES account (id)
);
CREATE INDEX wallet_paper_use_of_paper ON wallet_paper_use (paper_id, used_at);
CREATE INDEX wallet_paper_use_of_account ON wallet_paper_use (account_id);
