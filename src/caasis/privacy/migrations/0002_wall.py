"""Row-level security: the second wall, for the application's role (the owner, who migrates and backs up, passes)."""

from django.db import migrations

FORWARD = """
ALTER TABLE privacy_record_key ENABLE ROW LEVEL SECURITY;
CREATE POLICY privacy_record_key_wall ON privacy_record_key USING (
    current_setting('caasis.scope', true) = 'system'
    OR (current_setting('caasis.scope', true) = 'centre' AND centre_id::text = current_setting('caasis.centre', true))
);
"""
BACKWARD = """
DROP POLICY privacy_record_key_wall ON privacy_record_key; ALTER TABLE privacy_record_key DISABLE ROW LEVEL SECURITY;
"""


class Migration(migrations.Migration):
    dependencies = [("privacy", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
