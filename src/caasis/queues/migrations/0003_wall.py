"""Row-level security of what a centre knows of its staff, and the log of agents' states, which is written once."""

from django.db import migrations

_OWN = """
    current_setting('caasis.scope', true) = 'system'
    OR (current_setting('caasis.scope', true) = 'centre' AND centre_id::text = current_setting('caasis.centre', true))
"""
_TABLES = ("queues_agent_skill", "queues_agent_status", "queues_agent_status_change")
FORWARD = "".join(
    f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY; CREATE POLICY {table}_wall ON {table} USING ({_OWN});\n"
    for table in _TABLES
)
BACKWARD = "".join(
    f"DROP POLICY {table}_wall ON {table}; ALTER TABLE {table} DISABLE ROW LEVEL SECURITY;\n" for table in _TABLES
)
ONCE = """
CREATE FUNCTION queues_written_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the log of agents'' states is written once' USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER queues_agent_status_change_once BEFORE UPDATE OR DELETE ON queues_agent_status_change
    FOR EACH ROW EXECUTE FUNCTION queues_written_once();
"""
NOT_ONCE = """
DROP TRIGGER queues_agent_status_change_once ON queues_agent_status_change;
DROP FUNCTION queues_written_once();
"""


class Migration(migrations.Migration):
    dependencies = [("queues", "0002_queues_and_agents")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD), migrations.RunSQL(ONCE, NOT_ONCE)]
