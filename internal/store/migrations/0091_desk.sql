-- Since when the officer has the case: a case that was given to somebody has been in its state for longer than that.
ALTER TABLE application ADD COLUMN claimed_at TIMESTAMPTZ;
DROP INDEX application_claimed;
CREATE INDEX application_claimed ON application (COALESCE(claimed_at, entered_at)) WHERE turn = 'agency' AND officer <> '';

-- What officers did with a case among themselves: who got it, what was proposed, confirmed, returned. Notes are sealed under the
-- applicant's key.
CREATE TABLE desk_event (
    id             TEXT        NOT NULL,
    application_id TEXT        NOT NULL,
    at             TIMESTAMPTZ NOT NULL,
    deed           TEXT        NOT NULL,
    actor          TEXT        NOT NULL,
    officer        TEXT        NOT NULL,
    event          TEXT        NOT NULL,
    note           BYTEA,
    CONSTRAINT desk_event_pk PRIMARY KEY (id),
    CONSTRAINT desk_event_application FOREIGN KEY (application_id) REFERENCES application (id)
);
CREATE INDEX desk_event_application_id ON desk_event (application_id, at);

-- A decision that waits for a second pair of eyes. It stands while the case has the version it was made for.
CREATE TABLE desk_proposal (
    application_id TEXT        NOT NULL,
    unit           TEXT        NOT NULL,
    version        BIGINT      NOT NULL,
    employee_id    TEXT        NOT NULL,
    event          TEXT        NOT NULL,
    reason         TEXT        NOT NULL,
    fields         TEXT        NOT NULL,
    advice         BYTEA       NOT NULL,
    at             TIMESTAMPTZ NOT NULL,
    CONSTRAINT desk_proposal_pk PRIMARY KEY (application_id),
    CONSTRAINT desk_proposal_application FOREIGN KEY (application_id) REFERENCES application (id)
);
CREATE INDEX desk_proposal_of_unit ON desk_proposal (unit, application_id);
