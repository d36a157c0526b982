-- The audit is append-only: an event may only be given its seal, a seal is final. Against an administrator of the database
-- this is a fence, not a wall; the chain is what shows that somebody climbed over it.
CREATE TRIGGER audit_event_final BEFORE UPDATE ON audit_event
WHEN OLD.seal IS NOT NULL OR NEW.seal IS NULL OR NEW.id IS NOT OLD.id OR NEW.at IS NOT OLD.at OR NEW.action IS NOT OLD.action
    OR NEW.actor_kind IS NOT OLD.actor_kind OR NEW.actor_id IS NOT OLD.actor_id OR NEW.actor_role IS NOT OLD.actor_role
    OR NEW.actor_unit IS NOT OLD.actor_unit OR NEW.session_id IS NOT OLD.session_id OR NEW.subject IS NOT OLD.subject
    OR NEW.object IS NOT OLD.object OR NEW.detail IS NOT OLD.detail
BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
CREATE TRIGGER audit_event_kept BEFORE DELETE ON audit_event BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
CREATE TRIGGER audit_seal_final BEFORE UPDATE ON audit_seal BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
CREATE TRIGGER audit_seal_kept BEFORE DELETE ON audit_seal BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
