-- What the migrations wrote, beside them, and a function that brings it all back.
CREATE SCHEMA baseline;

CREATE VIEW baseline.present AS SELECT c.oid, c.relname, c.relkind FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace;

DO $$
DECLARE
  t text;
  written boolean;
BEGIN
  FOR t IN SELECT relname FROM baseline.present WHERE relkind = 'r' LOOP
    EXECUTE format('SELECT EXISTS (SELECT 1 FROM public.%I)', t) INTO written;
    IF written THEN EXECUTE format('CREATE TABLE baseline.%I AS TABLE public.%I', t, t); END IF;
  END LOOP;
END $$;

CREATE TABLE baseline.schema AS SELECT (SELECT count(*) FROM baseline.present) AS classes, (SELECT max(oid) FROM baseline.present) AS newest;

CREATE FUNCTION baseline.restore() RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  t text;
  written boolean;
BEGIN
  IF NOT EXISTS (SELECT 1 FROM baseline.schema WHERE classes = (SELECT count(*) FROM baseline.present) AND newest = (SELECT max(oid) FROM baseline.present))
    OR EXISTS (SELECT 1 FROM baseline.present WHERE relkind = 'r' AND pg_relation_size(oid) > 4000000) THEN
    RETURN false;
  END IF;
  SET LOCAL lock_timeout = '5s';
  SET LOCAL session_replication_role = replica; -- what may only be added to is emptied, too
  FOR t, written IN
    SELECT p.relname, b.oid IS NOT NULL FROM baseline.present p
    LEFT JOIN pg_class b ON b.relname = p.relname AND b.relnamespace = 'baseline'::regnamespace
    WHERE p.relkind = 'r' AND pg_relation_size(p.oid) > 0
  LOOP
    EXECUTE format('DELETE FROM public.%I', t);
    IF written THEN EXECUTE format('INSERT INTO public.%I OVERRIDING SYSTEM VALUE SELECT * FROM baseline.%I', t, t); END IF;
  END LOOP;
  PERFORM setval(format('public.%I', sequencename)::regclass, start_value, false) FROM pg_sequences WHERE schemaname = 'public' AND last_value IS NOT NULL;
  RETURN true;
END $$;
