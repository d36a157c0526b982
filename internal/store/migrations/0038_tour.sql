-- The session in which the cabinet was first opened: the tour is shown in that one.
ALTER TABLE account ADD COLUMN tour_session TEXT NOT NULL DEFAULT '';
