"""Row-level security: the second wall, for the application's role (the owner, who migrates and backs up, passes)."""

from django.db import migrations

FORWARD = """
ALTER TABLE platform_file ENABLE ROW LEVEL SECURITY;
CREATE POLICY platform_file_wall ON platform_file USING (
    current_setting('caasis.scope', true) = 'system'
    OR (current_setting('caasis.scope', true) = 'centre' AND centre_id::text = current_setting('caasis.centre', true))
);
"""
BACKWARD = """
DROP POLICY platform_file_wall ON platform_file; ALTER TABLE platform_file DISABLE ROW LEVEL SECURITY;
"""


class Migration(migrations.Migration):
    dependencies = [("platform", "0002_outbox_head")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
