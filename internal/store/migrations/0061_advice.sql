-- What the cabinet advised and the person does not want to hear of again: names, with spaces between.
ALTER TABLE account ADD COLUMN advice_off TEXT NOT NULL DEFAULT '';
