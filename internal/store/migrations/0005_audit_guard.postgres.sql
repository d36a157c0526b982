-- The audit is append-only: an event may only be given its seal, a seal is final. Against an administrator of the database
-- this is a fence, not a wall; the chain is what shows that somebody climbed over it.
CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit is append-only';
END $$;
CREATE TRIGGER audit_event_final BEFORE UPDATE ON audit_event FOR EACH ROW
WHEN (OLD.seal IS NOT NULL OR NEW.seal IS NULL
    OR (NEW.id, NEW.at, NEW.action, NEW.actor_kind, NEW.actor_id, NEW.actor_role, NEW.actor_unit, NEW.session_id, NEW.subject, NEW.object, NEW.detail)
    IS DISTINCT FROM (OLD.id, OLD.at, OLD.action, OLD.actor_kind, OLD.actor_id, OLD.actor_role, OLD.actor_unit, OLD.session_id, OLD.subject, OLD.object, OLD.detail))
EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_event_kept BEFORE DELETE ON audit_event FOR EACH ROW EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_event_never BEFORE TRUNCATE ON audit_event FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_seal_final BEFORE UPDATE OR DELETE ON audit_seal FOR EACH ROW EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_seal_never BEFORE TRUNCATE ON audit_seal FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
