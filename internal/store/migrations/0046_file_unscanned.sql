-- A file that was taken although nobody could look it through for malware: the scanner was away, and the policy takes files then
-- (uploads.unscanned: accept). Pages say so beside it. Of a file from a time without a scanner nothing is said.
ALTER TABLE file ADD COLUMN unscanned BOOLEAN NOT NULL DEFAULT FALSE;
