-- What a draft holds beside its answers: what registers told for it, and which of its values the person says are wrong. Sealed.
ALTER TABLE draft ADD COLUMN beside BYTEA;
