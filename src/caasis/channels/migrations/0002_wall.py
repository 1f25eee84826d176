"""Row-level security: the second wall, for the application's role (the owner, who migrates and backs up, passes)."""

from django.db import migrations

FORWARD = """
ALTER TABLE channels_contact ENABLE ROW LEVEL SECURITY;
CREATE POLICY channels_contact_wall ON channels_contact USING (
    current_setting('caasis.scope', true) = 'system'
    OR (current_setting('caasis.scope', true) = 'centre' AND centre_id::text = current_setting('caasis.centre', true))
);
ALTER TABLE channels_message ENABLE ROW LEVEL SECURITY;
CREATE POLICY channels_message_wall ON channels_message USING (
    current_setting('caasis.scope', true) = 'system'
    OR (current_setting('caasis.scope', true) = 'centre' AND centre_id::text = current_setting('caasis.centre', true))
);
ALTER TABLE channels_attachment ENABLE ROW LEVEL SECURITY;
CREATE POLICY channels_attachment_wall ON channels_attachment USING (
    current_setting('caasis.scope', true) = 'system'
    OR (current_setting('caasis.scope', true) = 'centre' AND centre_id::text = current_setting('caasis.centre', true))
);
ALTER TABLE channels_submission ENABLE ROW LEVEL SECURITY;
CREATE POLICY channels_submission_wall ON channels_submission USING (
    current_setting('caasis.scope', true) = 'system'
    OR (current_setting('caasis.scope', true) = 'centre' AND centre_id::text = current_setting('caasis.centre', true))
);
ALTER TABLE channels_intake_draft ENABLE ROW LEVEL SECURITY;
CREATE POLICY channels_intake_draft_wall ON channels_intake_draft USING (
    current_setting('caasis.scope', true) = 'system'
);
ALTER TABLE channels_draft_file ENABLE ROW LEVEL SECURITY;
CREATE POLICY channels_draft_file_wall ON channels_draft_file USING (
    current_setting('caasis.scope', true) = 'system'
);
"""
BACKWARD = """
DROP POLICY channels_contact_wall ON channels_contact; ALTER TABLE channels_contact DISABLE ROW LEVEL SECURITY;
DROP POLICY channels_message_wall ON channels_message; ALTER TABLE channels_message DISABLE ROW LEVEL SECURITY;
DROP POLICY channels_attachment_wall ON channels_attachment; ALTER TABLE channels_attachment DISABLE ROW LEVEL SECURITY;
DROP POLICY channels_submission_wall ON channels_submission; ALTER TABLE channels_submission DISABLE ROW LEVEL SECURITY;
DROP POLICY channels_intake_draft_wall ON channels_intake_draft; ALTER TABLE channels_intake_draft DISABLE ROW LEVEL SECURITY;
DROP POLICY channels_draft_file_wall ON channels_draft_file; ALTER TABLE channels_draft_file DISABLE ROW LEVEL SECURITY;
"""


class Migration(migrations.Migration):
    dependencies = [("channels", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
