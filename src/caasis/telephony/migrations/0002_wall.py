"""Row-level security, and what is written once: published flows and the logs of calls."""

from django.db import migrations

_SYSTEM = "current_setting('caasis.scope', true) = 'system'"
_CENTRE = "current_setting('caasis.scope', true) = 'centre'"
_OWN = f"({_SYSTEM} OR ({_CENTRE} AND centre_id::text = current_setting('caasis.centre', true)))"
#: A call is a fact of every centre to which it was offered.
_OFFERED = f"({_SYSTEM} OR ({_CENTRE} AND (centre_id::text = current_setting('caasis.centre', true) OR offered_to ? current_setting('caasis.centre', true))))"
#: Whoever sees the call sees what hangs on it.
_OF_CALL = f"({_SYSTEM} OR EXISTS (SELECT 1 FROM telephony_call AS c WHERE c.id = call_id))"
_WALLS = {
    "telephony_call": _OFFERED,
    "telephony_participant": _OF_CALL,
    "telephony_call_step": _OF_CALL,
    "telephony_recording": _OWN,
    "telephony_order": _SYSTEM,
    "telephony_desk_request": _OWN,
}
FORWARD = "".join(
    f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY; CREATE POLICY {table}_wall ON {table} USING ({rule});\n"
    for table, rule in _WALLS.items()
)
BACKWARD = "".join(
    f"DROP POLICY {table}_wall ON {table}; ALTER TABLE {table} DISABLE ROW LEVEL SECURITY;\n" for table in _WALLS
)
ONCE = """
CREATE FUNCTION telephony_written_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the log of a call is written once' USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER telephony_call_step_once BEFORE UPDATE OR DELETE ON telephony_call_step
    FOR EACH ROW EXECUTE FUNCTION telephony_written_once();
CREATE FUNCTION telephony_published_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a published flow is never changed' USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER telephony_published_stays BEFORE UPDATE ON telephony_flow_version
    FOR EACH ROW WHEN (OLD.published_at IS NOT NULL AND (NEW.document <> OLD.document OR NEW.number <> OLD.number
        OR NEW.flow_id <> OLD.flow_id OR NEW.published_at IS DISTINCT FROM OLD.published_at))
    EXECUTE FUNCTION telephony_published_stays();
CREATE TRIGGER telephony_published_kept BEFORE DELETE ON telephony_flow_version
    FOR EACH ROW WHEN (OLD.published_at IS NOT NULL) EXECUTE FUNCTION telephony_published_stays();
"""
NOT_ONCE = """
DROP TRIGGER telephony_call_step_once ON telephony_call_step;
DROP TRIGGER telephony_published_stays ON telephony_flow_version;
DROP TRIGGER telephony_published_kept ON telephony_flow_version;
DROP FUNCTION telephony_written_once();
DROP FUNCTION telephony_published_stays();
"""


class Migration(migrations.Migration):
    dependencies = [("telephony", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD), migrations.RunSQL(ONCE, NOT_ONCE)]
