-- What a register said by which a piece of evidence ended: its verdict, its code and which fields differ (JSON). Nothing that it holds of the person.
ALTER TABLE evidence ADD COLUMN said TEXT NOT NULL DEFAULT '';
