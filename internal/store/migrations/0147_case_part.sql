-- A case may be a part of another one of the same person: the case in which it was begun, and what that one's process calls it. Both are
-- empty for a case that somebody filed. One case begins each of its parts once.
ALTER TABLE application ADD COLUMN parent TEXT NOT NULL DEFAULT '';
ALTER TABLE application ADD COLUMN part TEXT NOT NULL DEFAULT '';
CREATE UNIQUE INDEX application_part ON application (parent, part) WHERE parent <> '';
