-- Whenever an account has another password the links of letters that were sent to recover it end.
CREATE INDEX challenge_recovers ON challenge (account_id) WHERE purpose = 'recover';
