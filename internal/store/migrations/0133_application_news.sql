-- What happens with a case without moving it: a complaint, who has it, a decision that is proposed. version stays for what was begun with the
-- case as it stood (timers, registers, forms of the applicant); news tells a page at a desk that it is no longer what it shows.
ALTER TABLE application ADD COLUMN news BIGINT NOT NULL DEFAULT 0;
ALTER TABLE application ADD COLUMN news_at TIMESTAMPTZ;

-- By when a case last moved or had news: what an agency's own system walks along.
CREATE INDEX application_of_unit_changed ON application (unit, (CASE WHEN news_at > entered_at THEN news_at ELSE entered_at END), id);
DROP INDEX application_of_unit_moved;
