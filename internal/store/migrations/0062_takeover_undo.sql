-- The number that a person who was told of a takeover says to the support desk (REG-12).
ALTER TABLE takeover ADD COLUMN reference TEXT NOT NULL DEFAULT '';
UPDATE takeover SET reference = upper(substr(id, length(id) - 7));
CREATE UNIQUE INDEX takeover_reference ON takeover (reference) WHERE reference <> '';

-- A takeover that the support desk undid. It is no takeover any more, so that the account which was given back can be taken over anew.
-- why is what the employee typed, sealed under the key of old_id.
CREATE TABLE undoing (
    id            TEXT        NOT NULL,
    old_id        TEXT        NOT NULL,
    new_id        TEXT        NOT NULL,
    reason        TEXT        NOT NULL,
    reference     TEXT        NOT NULL,
    started_at    TIMESTAMPTZ NOT NULL,
    undone_at     TIMESTAMPTZ NOT NULL,
    why           BYTEA       NOT NULL,
    contacts_back BIGINT      NOT NULL,
    contacts_lost BIGINT      NOT NULL,
    back_at       TIMESTAMPTZ,
    CONSTRAINT undoing_pk PRIMARY KEY (id),
    CONSTRAINT undoing_reference_key UNIQUE (reference),
    CONSTRAINT undoing_old FOREIGN KEY (old_id) REFERENCES account (id),
    CONSTRAINT undoing_new FOREIGN KEY (new_id) REFERENCES account (id)
);
CREATE INDEX undoing_of_old ON undoing (old_id);
CREATE INDEX undoing_of_new ON undoing (new_id);

-- What goes back, row by row.
CREATE TABLE undoing_row (
    undoing_id TEXT    NOT NULL,
    part       TEXT    NOT NULL,
    row_id     TEXT    NOT NULL,
    back       BOOLEAN NOT NULL DEFAULT FALSE,
    CONSTRAINT undoing_row_pk PRIMARY KEY (undoing_id, part, row_id),
    CONSTRAINT undoing_row_undoing FOREIGN KEY (undoing_id) REFERENCES undoing (id)
);
