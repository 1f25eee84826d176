"""Row-level security: the second wall, for the application's role (the owner, who migrates and backs up, passes). Registered cases, which hold no personal data, are the nation's."""

from django.db import migrations

FORWARD = """
ALTER TABLE cases_case ENABLE ROW LEVEL SECURITY;
CREATE POLICY cases_case_wall ON cases_case USING (
    current_setting('caasis.scope', true) = 'system'
    OR (current_setting('caasis.scope', true) = 'centre'
        AND (state = 'registered'
             OR handling_centre_id::text = current_setting('caasis.centre', true)
             OR owning_centre_id::text = current_setting('caasis.centre', true)))
    OR (current_setting('caasis.scope', true) = 'national' AND state = 'registered')
) WITH CHECK (
    current_setting('caasis.scope', true) = 'system'
    OR (current_setting('caasis.scope', true) = 'centre'
        AND (handling_centre_id::text = current_setting('caasis.centre', true)
             OR owning_centre_id::text = current_setting('caasis.centre', true)))
);
ALTER TABLE cases_draft ENABLE ROW LEVEL SECURITY;
CREATE POLICY cases_draft_wall ON cases_draft USING (
    current_setting('caasis.scope', true) = 'system'
    OR (current_setting('caasis.scope', true) = 'centre' AND centre_id::text = current_setting('caasis.centre', true))
);
ALTER TABLE cases_note ENABLE ROW LEVEL SECURITY;
CREATE POLICY cases_note_wall ON cases_note USING (
    current_setting('caasis.scope', true) = 'system'
    OR (current_setting('caasis.scope', true) = 'centre' AND centre_id::text = current_setting('caasis.centre', true))
);
ALTER TABLE cases_task ENABLE ROW LEVEL SECURITY;
CREATE POLICY cases_task_wall ON cases_task USING (
    current_setting('caasis.scope', true) = 'system'
    OR (current_setting('caasis.scope', true) = 'centre' AND centre_id::text = current_setting('caasis.centre', true))
);
ALTER TABLE cases_approval ENABLE ROW LEVEL SECURITY;
CREATE POLICY cases_approval_wall ON cases_approval USING (
    current_setting('caasis.scope', true) = 'system'
    OR (current_setting('caasis.scope', true) = 'centre' AND centre_id::text = current_setting('caasis.centre', true))
);
"""
BACKWARD = """
DROP POLICY cases_case_wall ON cases_case; ALTER TABLE cases_case DISABLE ROW LEVEL SECURITY;
DROP POLICY cases_draft_wall ON cases_draft; ALTER TABLE cases_draft DISABLE ROW LEVEL SECURITY;
DROP POLICY cases_note_wall ON cases_note; ALTER TABLE cases_note DISABLE ROW LEVEL SECURITY;
DROP POLICY cases_task_wall ON cases_task; ALTER TABLE cases_task DISABLE ROW LEVEL SECURITY;
DROP POLICY cases_approval_wall ON cases_approval; ALTER TABLE cases_approval DISABLE ROW LEVEL SECURITY;
"""


class Migration(migrations.Migration):
    dependencies = [("cases", "0002_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
