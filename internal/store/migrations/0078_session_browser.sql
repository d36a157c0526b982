-- In which browser a session was opened: whoever disavows a browser ends what is open in it. Sessions from before do not say.
ALTER TABLE session ADD COLUMN browser BYTEA;
