"""Row-level security: the second wall, for the application's role (the owner, who migrates and backs up, passes)."""

from django.db import migrations

FORWARD = """
ALTER TABLE people_person ENABLE ROW LEVEL SECURITY;
CREATE POLICY people_person_wall ON people_person USING (
    current_setting('caasis.scope', true) = 'system'
    OR (current_setting('caasis.scope', true) = 'centre' AND centre_id::text = current_setting('caasis.centre', true))
);
ALTER TABLE people_contact_point ENABLE ROW LEVEL SECURITY;
CREATE POLICY people_contact_point_wall ON people_contact_point USING (
    current_setting('caasis.scope', true) = 'system'
    OR (current_setting('caasis.scope', true) = 'centre' AND centre_id::text = current_setting('caasis.centre', true))
);
ALTER TABLE people_consent ENABLE ROW LEVEL SECURITY;
CREATE POLICY people_consent_wall ON people_consent USING (
    current_setting('caasis.scope', true) = 'system'
    OR (current_setting('caasis.scope', true) = 'centre' AND centre_id::text = current_setting('caasis.centre', true))
);
ALTER TABLE people_personevent ENABLE ROW LEVEL SECURITY;
CREATE POLICY people_personevent_wall ON people_personevent USING (
    current_setting('caasis.scope', true) = 'system'
    OR (current_setting('caasis.scope', true) = 'centre' AND centre_id::text = current_setting('caasis.centre', true))
);
ALTER TABLE people_contactpointevent ENABLE ROW LEVEL SECURITY;
CREATE POLICY people_contactpointevent_wall ON people_contactpointevent USING (
    current_setting('caasis.scope', true) = 'system'
    OR (current_setting('caasis.scope', true) = 'centre' AND centre_id::text = current_setting('caasis.centre', true))
);
"""
BACKWARD = """
DROP POLICY people_person_wall ON people_person; ALTER TABLE people_person DISABLE ROW LEVEL SECURITY;
DROP POLICY people_contact_point_wall ON people_contact_point; ALTER TABLE people_contact_point DISABLE ROW LEVEL SECURITY;
DROP POLICY people_consent_wall ON people_consent; ALTER TABLE people_consent DISABLE ROW LEVEL SECURITY;
DROP POLICY people_personevent_wall ON people_personevent; ALTER TABLE people_personevent DISABLE ROW LEVEL SECURITY;
DROP POLICY people_contactpointevent_wall ON people_contactpointevent; ALTER TABLE people_contactpointevent DISABLE ROW LEVEL SECURITY;
"""


class Migration(migrations.Migration):
    dependencies = [("people", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
