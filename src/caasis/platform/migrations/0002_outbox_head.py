"""The outbox's head: the last position given, in a row of its own."""

from django.db import migrations

FORWARD = """
CREATE TABLE platform_outbox_head (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    last_position bigint NOT NULL DEFAULT 0
);
INSERT INTO platform_outbox_head DEFAULT VALUES;
ALTER TABLE platform_outbox SET (autovacuum_vacuum_scale_factor = 0.02);
"""


class Migration(migrations.Migration):
    dependencies = [("platform", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, "DROP TABLE platform_outbox_head")]
