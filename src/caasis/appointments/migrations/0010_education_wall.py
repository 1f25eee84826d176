"""Row-level security: the second wall."""

from django.db import migrations

_OWN = """
    current_setting('caasis.scope', true) = 'system'
    OR (current_setting('caasis.scope', true) = 'centre' AND centre_id::text = current_setting('caasis.centre', true))
"""
_TABLES = ("appointments_education_event", "appointments_sign_up", "appointments_lecture_request")
FORWARD = "".join(
    f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY; CREATE POLICY {table}_wall ON {table} USING ({_OWN});\n"
    for table in _TABLES
)
BACKWARD = "".join(
    f"DROP POLICY {table}_wall ON {table}; ALTER TABLE {table} DISABLE ROW LEVEL SECURITY;\n" for table in _TABLES
)


class Migration(migrations.Migration):
    dependencies = [("appointments", "0009_education_events")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
