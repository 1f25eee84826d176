"""Row-level security of surveys. A national survey is read by every centre and written by the nation alone."""

from django.db import migrations

_SYSTEM = "current_setting('caasis.scope', true) = 'system'"
_OWN = f"""
    {_SYSTEM}
    OR (current_setting('caasis.scope', true) = 'centre' AND centre_id::text = current_setting('caasis.centre', true))
"""
_WRITE_SHARED = f"""
    {_OWN} OR (current_setting('caasis.scope', true) = 'national' AND centre_id IS NULL)
"""
_READ_SHARED = f"{_OWN} OR centre_id IS NULL"
_TABLES = {
    "operations_survey": (_READ_SHARED, _WRITE_SHARED),
    "operations_survey_edition": (_READ_SHARED, _WRITE_SHARED),
    "operations_survey_person": (_SYSTEM, _SYSTEM),
    "operations_survey_request": (_OWN, _OWN),
    "operations_survey_answer": (_OWN, _OWN),
}
FORWARD = "".join(
    f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;"
    f" CREATE POLICY {table}_wall ON {table} USING ({read}) WITH CHECK ({write});\n"
    for table, (read, write) in _TABLES.items()
)
BACKWARD = "".join(
    f"DROP POLICY {table}_wall ON {table}; ALTER TABLE {table} DISABLE ROW LEVEL SECURITY;\n" for table in _TABLES
)


class Migration(migrations.Migration):
    dependencies = [("operations", "0002_surveys")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
