-- Of which deadlines the head of an agency's desk was told: that one comes near, or that it has passed. A row is a deadline, so that
-- nobody is told of one twice, however often its timer fires.
CREATE TABLE escalation (
    application_id TEXT        NOT NULL,
    due_at         TIMESTAMPTZ NOT NULL,
    unit           TEXT        NOT NULL,
    kind           TEXT        NOT NULL,
    told_at        TIMESTAMPTZ NOT NULL,
    seen_at        TIMESTAMPTZ,
    seen_by        TEXT        NOT NULL, -- employee
    CONSTRAINT escalation_pk PRIMARY KEY (application_id, due_at),
    CONSTRAINT escalation_kind CHECK (kind IN ('near', 'overdue')),
    CONSTRAINT escalation_of FOREIGN KEY (application_id) REFERENCES application (id)
);
CREATE INDEX escalation_unseen ON escalation (unit, due_at) WHERE seen_at IS NULL;
