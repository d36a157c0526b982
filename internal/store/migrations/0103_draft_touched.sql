-- When each answer of a draft was last changed and what it was before, sealed like the answers: of two tabs that change the same
-- answer the second is told, and one that did not touch it takes nothing back (SRV-2).
ALTER TABLE draft ADD COLUMN touched BYTEA;
