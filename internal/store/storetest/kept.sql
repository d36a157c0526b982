-- What stands in a database when tests begin is put aside, and brought back after each.
CREATE SCHEMA begun; -- the rows of each table that has some, by its name
CREATE SCHEMA baseline;

CREATE VIEW baseline.present AS SELECT c.oid, c.relname AS name, c.relkind AS kind FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace;
CREATE TABLE baseline.shape (hash TEXT);
CREATE TABLE baseline.sequence (name TEXT, value BIGINT, used BOOLEAN);

-- What tables have, what is asked of them and what watches them: whatever a test may change of the schema.
CREATE FUNCTION baseline.look() RETURNS text LANGUAGE sql AS $$
  SELECT md5(string_agg(line, ' ' ORDER BY line)) FROM (
    SELECT concat_ws(' ', 'class', oid, kind) FROM baseline.present
    UNION ALL SELECT concat_ws(' ', 'column', attrelid, attnum, attname, atttypid, attnotnull) FROM pg_attribute WHERE attnum > 0 AND attrelid IN (SELECT oid FROM baseline.present)
    UNION ALL SELECT concat_ws(' ', 'trigger', tgrelid, tgname, tgenabled) FROM pg_trigger WHERE tgrelid IN (SELECT oid FROM baseline.present)
    UNION ALL SELECT concat_ws(' ', 'constraint', oid, conname, convalidated) FROM pg_constraint WHERE conrelid IN (SELECT oid FROM baseline.present)
    UNION ALL SELECT concat_ws(' ', 'function', oid, md5(prosrc)) FROM pg_proc WHERE pronamespace = 'public'::regnamespace
  ) AS schema (line)
$$;

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
  INSERT INTO baseline.shape VALUES (baseline.look());
END $$;

-- false where the next test would not find what it expects: the schema was changed, or so much was written that to look through it costs
-- more than a new database.
CREATE FUNCTION baseline.restore() RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  t text;
  written boolean;
BEGIN
  IF NOT EXISTS (SELECT 1 FROM baseline.shape WHERE hash = baseline.look())
    OR EXISTS (SELECT 1 FROM baseline.present WHERE kind = 'r' AND pg_relation_size(oid) > 4000000) THEN
    RETURN false;
  END IF;
  SET LOCAL lock_timeout = '5s';
  SET LOCAL session_replication_role = replica; -- what may only be added to is emptied, too
  FOR t, written IN
    SELECT p.name, b.oid IS NOT NULL FROM baseline.present p LEFT JOIN pg_class b ON b.relname = p.name AND b.relnamespace = 'begun'::regnamespace
    WHERE p.kind = 'r' AND (b.oid IS NOT NULL OR pg_relation_size(p.oid) > 0)
  LOOP
    EXECUTE format('DELETE FROM public.%I', t);
    IF written THEN EXECUTE format('INSERT INTO public.%I OVERRIDING SYSTEM VALUE SELECT * FROM begun.%I', t, t); END IF;
  END LOOP;
  PERFORM setval(format('public.%I', name)::regclass, value, used) FROM baseline.sequence;
  RETURN true;
END $$;
