-- Over what a person wants to hear of ordinary news (CAB-4). Who chose nothing has no row.
CREATE TABLE notice_choice (
    account_id TEXT PRIMARY KEY,
    content    BYTEA NOT NULL, -- sealed: notification.Choice
    changed_at TIMESTAMPTZ NOT NULL
);
