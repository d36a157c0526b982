-- The contact is added on the page of registering in full: its link leads on there, in whatever browser.
ALTER TABLE challenge ADD COLUMN sitting BOOLEAN NOT NULL DEFAULT FALSE;
