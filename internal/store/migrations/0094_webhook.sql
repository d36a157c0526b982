-- Addresses of agencies' systems to which news of cases are sent. The secrets that sign them are sealed under the master keyset; the
-- one before the last change signs beside the new one until previous_until.
CREATE TABLE webhook (
    id             TEXT        NOT NULL,
    agent_id       TEXT        NOT NULL,
    unit           TEXT        NOT NULL,
    url            TEXT        NOT NULL,
    types          TEXT        NOT NULL,
    secret         BYTEA       NOT NULL,
    previous       BYTEA,
    previous_until TIMESTAMPTZ,
    state          TEXT        NOT NULL,
    failed         BIGINT      NOT NULL,
    rest_until     TIMESTAMPTZ,
    last_error     TEXT        NOT NULL,
    created_at     TIMESTAMPTZ NOT NULL,
    CONSTRAINT webhook_pk PRIMARY KEY (id)
);
CREATE INDEX webhook_of_unit ON webhook (unit, state);
CREATE INDEX webhook_of_agent ON webhook (agent_id);

-- What is to be sent to each, written in the transaction of the move: who was there is told, and who was not is not. It names a case
-- and says nothing of persons.
CREATE TABLE webhook_delivery (
    webhook_id TEXT        NOT NULL,
    event_id   TEXT        NOT NULL,
    type       TEXT        NOT NULL,
    case_id    TEXT        NOT NULL,
    service    TEXT        NOT NULL,
    case_state TEXT        NOT NULL,
    turn       TEXT        NOT NULL,
    outcome    TEXT        NOT NULL,
    version    BIGINT      NOT NULL,
    at         TIMESTAMPTZ NOT NULL,
    state      TEXT        NOT NULL,
    tries      BIGINT      NOT NULL,
    next_at    TIMESTAMPTZ NOT NULL,
    give_up_at TIMESTAMPTZ NOT NULL,
    ended_at   TIMESTAMPTZ,
    status     BIGINT      NOT NULL,
    last_error TEXT        NOT NULL,
    CONSTRAINT webhook_delivery_pk PRIMARY KEY (webhook_id, event_id)
);
CREATE INDEX webhook_delivery_waits ON webhook_delivery (webhook_id, state, next_at, event_id);
CREATE INDEX webhook_delivery_ended ON webhook_delivery (state, ended_at);
