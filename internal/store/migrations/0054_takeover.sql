-- An account that took over another of the same person (REG-12): one takeover for each account that was retired.
CREATE TABLE takeover (
    id         TEXT        NOT NULL,
    old_id     TEXT        NOT NULL,
    new_id     TEXT        NOT NULL,
    proof_id   TEXT        NOT NULL,
    reason     TEXT        NOT NULL,
    started_at TIMESTAMPTZ NOT NULL,
    moved_at   TIMESTAMPTZ,
    CONSTRAINT takeover_pk PRIMARY KEY (id),
    CONSTRAINT takeover_old_key UNIQUE (old_id),
    CONSTRAINT takeover_old FOREIGN KEY (old_id) REFERENCES account (id),
    CONSTRAINT takeover_new FOREIGN KEY (new_id) REFERENCES account (id),
    CONSTRAINT takeover_proof FOREIGN KEY (proof_id) REFERENCES proof (id)
);
CREATE INDEX takeover_of_new ON takeover (new_id);

-- What came with it, row by row: so that it can be told from what the new account made itself.
CREATE TABLE takeover_row (
    takeover_id TEXT NOT NULL,
    part        TEXT NOT NULL,
    row_id      TEXT NOT NULL,
    CONSTRAINT takeover_row_pk PRIMARY KEY (takeover_id, part, row_id),
    CONSTRAINT takeover_row_takeover FOREIGN KEY (takeover_id) REFERENCES takeover (id)
);
