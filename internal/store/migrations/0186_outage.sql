-- Channels of which nobody took messages when they were tried last: pages of codes say so, on whichever node.
CREATE TABLE outage (
	channel TEXT PRIMARY KEY,
	seen_at TIMESTAMPTZ NOT NULL
);
