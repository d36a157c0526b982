-- Complaints about decisions and missed deadlines (Federal Law 210-FZ, chapter 2.1). What the person and the head of the desk wrote
-- is sealed under the person's key. barred are the ids of the employees who decided the case, between spaces: none of them decides
-- the complaint or has the case again.
CREATE TABLE complaint (
    id             TEXT        NOT NULL,
    application_id TEXT        NOT NULL,
    unit           TEXT        NOT NULL,
    version        BIGINT      NOT NULL, -- of the case that is complained of
    ground         TEXT        NOT NULL,
    state          TEXT        NOT NULL,
    barred         TEXT        NOT NULL,
    handler        TEXT        NOT NULL, -- employee who decided the complaint
    content        BYTEA       NOT NULL,
    made_at        TIMESTAMPTZ NOT NULL,
    due_at         TIMESTAMPTZ NOT NULL,
    decided_at     TIMESTAMPTZ,
    CONSTRAINT complaint_pk PRIMARY KEY (id),
    CONSTRAINT complaint_ground CHECK (ground IN ('refusal', 'decision', 'papers', 'late')),
    CONSTRAINT complaint_state CHECK (state IN ('open', 'upheld', 'dismissed')),
    CONSTRAINT complaint_of FOREIGN KEY (application_id) REFERENCES application (id)
);
CREATE UNIQUE INDEX complaint_open ON complaint (application_id) WHERE state = 'open';
CREATE UNIQUE INDEX complaint_once ON complaint (application_id, version);
CREATE INDEX complaint_of_application ON complaint (application_id, made_at);
CREATE INDEX complaint_of_unit ON complaint (unit, state, due_at);
