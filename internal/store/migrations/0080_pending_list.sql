-- On which offline list the right password of a sign-in that waits stands: "common" or "leaked", '' on none. It is then replaced before a
-- session opens. The program of before knows no such sign-in, and opens it as it ever did.
ALTER TABLE pending_signin ADD COLUMN list TEXT NOT NULL DEFAULT '';
