-- What stands in a database when tests begin is put aside, and brought back after each.
CREATE SCHEMA begun; -- the rows of each table that has some, by its name
CREATE SCHEMA baseline;

CREATE VIEW baseline.present AS SELECT c.oid, c.relname AS name, c.relkind AS kind FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace;
CREATE TABLE baseline.shape (classes BIGINT, newest OID);
CREATE TABLE baseline.sequence (name TEXT, value BIGINT, used BOOLEAN);

CREATE FUNCTION baseline.save() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  t text;
  written boolean;
BEGIN
  FOR t IN SELECT name FROM baseline.present WHERE kind = 'r' LOOP
    EXECUTE format('DROP TABLE IF EXISTS begun.%I', t);
    EXECUTE format('SELECT EXISTS (SELECT 1 FROM public.%I)', t) INTO written;
    IF written THEN EXECUTE format('CREATE TABLE begun.%I AS TABLE public.%I', t, t); END IF;
  END LOOP;
  DELETE FROM baseline.sequence;
  INSERT INTO baseline.sequence SELECT sequencename, COALESCE(last_value, start_value), last_value IS NOT NULL FROM pg_sequences WHERE schemaname = 'public';
  DELETE FROM baseline.shape;
  INSERT INTO baseline.shape SELECT count(*), max(oid) FROM baseline.present;
END $$;

-- false where the next test would not find what it expects: the schema was changed, or so much was written that to look through it costs
-- more than a new database.
CREATE FUNCTION baseline.restore() RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  t text;
  written boolean;
BEGIN
  IF NOT EXISTS (SELECT 1 FROM baseline.shape WHERE (classes, newest) = (SELECT count(*), max(oid) FROM baseline.present))
    OR EXISTS (SELECT 1 FROM baseline.present WHERE kind = 'r' AND pg_relation_size(oid) > 4000000) THEN
    RETURN false;
  END IF;
  SET LOCAL lock_timeout = '5s';
  SET LOCAL session_replication_role = replica; -- what may only be added to is emptied, too
  FOR t, written IN
    SELECT p.name, b.oid IS NOT NULL FROM baseline.present p LEFT JOIN pg_class b ON b.relname = p.name AND b.relnamespace = 'begun'::regnamespace
    WHERE p.kind = 'r' AND pg_relation_size(p.oid) > 0
  LOOP
    EXECUTE format('DELETE FROM public.%I', t);
    IF written THEN EXECUTE format('INSERT INTO public.%I OVERRIDING SYSTEM VALUE SELECT * FROM begun.%I', t, t); END IF;
  END LOOP;
  PERFORM setval(format('public.%I', name)::regclass, value, used) FROM baseline.sequence;
  RETURN true;
END $$;
