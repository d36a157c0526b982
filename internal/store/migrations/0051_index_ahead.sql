-- While the index root rotates a row is indexed under both roots: its value is unique under each, so two people cannot
-- hold one contact or prove one SNILS, whichever root the node that asks has in force. NULL at any other time.
ALTER TABLE contact ADD COLUMN value_ahead BYTEA;
CREATE UNIQUE INDEX contact_value_ahead ON contact (value_ahead);
ALTER TABLE visit ADD COLUMN code_ahead BYTEA;
CREATE UNIQUE INDEX visit_code_ahead ON visit (code_ahead);
ALTER TABLE account ADD COLUMN snils_ahead BYTEA;
CREATE UNIQUE INDEX account_snils_ahead ON account (snils_ahead) WHERE state <> 'retired';
