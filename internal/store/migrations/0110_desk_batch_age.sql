-- Batches are swept some time after they were made; what was done is in the history of each case.
CREATE INDEX desk_batch_age ON desk_batch (created_at);
