-- How a visit goes: who said that they come, who came, who stands there without an account and has a seat (a walk-in, with a number instead).
-- A party takes several seats, of which head names the first. One person keeps one time of a kind while confirming: the index says so.
ALTER TABLE appointment ALTER COLUMN account_id DROP NOT NULL;
ALTER TABLE appointment ADD COLUMN head TEXT;
ALTER TABLE appointment ADD COLUMN root TEXT;
ALTER TABLE appointment ADD COLUMN party BIGINT NOT NULL DEFAULT 1;
ALTER TABLE appointment ADD COLUMN reminded BIGINT NOT NULL DEFAULT 0;
ALTER TABLE appointment ADD COLUMN answered BIGINT NOT NULL DEFAULT 0;
ALTER TABLE appointment ADD COLUMN coming BOOLEAN;
ALTER TABLE appointment ADD COLUMN came BOOLEAN;
ALTER TABLE appointment ADD COLUMN number BIGINT;
CREATE UNIQUE INDEX appointment_one_hold ON appointment (account_id, kind) WHERE state = 'held' AND head IS NULL;
CREATE INDEX appointment_of_head ON appointment (head);
