-- Under which name the bytes of a file lie, when it is not the file's own id: they were sealed anew for another owner, and what
-- is written under a name is never changed.
ALTER TABLE file ADD COLUMN bytes TEXT NOT NULL DEFAULT '';
CREATE UNIQUE INDEX file_bytes ON file (bytes) WHERE bytes <> '';
