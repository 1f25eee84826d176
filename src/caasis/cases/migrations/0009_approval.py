"""Absences and 代決, looks, digests, corrections by the nation; and the walls of these tables.

The nation's scope reads registered cases. Of a case's parts and timeline it writes nothing: a correction goes through its
service, which writes in the system's scope. Statement triggers say so also to whoever sends SQL by hand.
"""

import caasis.kernel.ids
import django.db.models.deletion
from django.db import migrations, models


_OWN = """
    current_setting('caasis.scope', true) = 'system'
    OR (current_setting('caasis.scope', true) = 'centre' AND centre_id::text = current_setting('caasis.centre', true))
"""
_OWN_OR_NATION = _OWN + "    OR current_setting('caasis.scope', true) = 'national'\n"
_SYSTEM = "current_setting('caasis.scope', true) = 'system'"

#: Tables of one centre: read and written inside it only.
_CENTRE_TABLES = ("cases_approval_look", "cases_approver_absence", "cases_digest_subscription", "cases_digest")
#: Parts of a case without a wall of their own, which the nation may read and never write.
_PARTS = ("cases_party", "cases_contract", "cases_business", "cases_harm", "cases_contact", "cases_entry", "cases_approval_decision")

FORWARD = "".join(
    f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY; CREATE POLICY {table}_wall ON {table} USING ({_OWN});\n"
    for table in _CENTRE_TABLES
)
FORWARD += f"""
ALTER TABLE cases_correction ENABLE ROW LEVEL SECURITY;
CREATE POLICY cases_correction_read ON cases_correction FOR SELECT USING ({_OWN_OR_NATION});
CREATE POLICY cases_correction_made ON cases_correction FOR INSERT WITH CHECK ({_SYSTEM});
CREATE POLICY cases_correction_led ON cases_correction FOR UPDATE USING ({_OWN_OR_NATION}) WITH CHECK ({_OWN_OR_NATION});
CREATE POLICY cases_correction_gone ON cases_correction FOR DELETE USING ({_SYSTEM});
ALTER TABLE cases_correction_step ENABLE ROW LEVEL SECURITY;
CREATE POLICY cases_correction_step_read ON cases_correction_step FOR SELECT USING ({_OWN_OR_NATION});
CREATE POLICY cases_correction_step_made ON cases_correction_step FOR INSERT WITH CHECK ({_OWN_OR_NATION});
CREATE POLICY cases_correction_step_gone ON cases_correction_step FOR DELETE USING ({_SYSTEM});
CREATE FUNCTION caasis_nation_reads_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('caasis.scope', true) = 'national' THEN
        RAISE insufficient_privilege USING MESSAGE = 'the scope of the nation reads cases: it corrects through the service';
    END IF;
    RETURN NULL;
END $$;
"""
FORWARD += "".join(
    f"CREATE TRIGGER nation_reads_only BEFORE INSERT OR UPDATE OR DELETE ON {table}"
    " FOR EACH STATEMENT EXECUTE FUNCTION caasis_nation_reads_only();\n"
    for table in _PARTS
)
BACKWARD = "".join(f"DROP TRIGGER nation_reads_only ON {table};\n" for table in _PARTS)
BACKWARD += "DROP FUNCTION caasis_nation_reads_only();\n"
BACKWARD += "".join(
    f"DROP POLICY cases_correction{name} ON cases_correction{table};\n"
    for table, names in (("", ("_read", "_made", "_led", "_gone")), ("_step", ("_step_read", "_step_made", "_step_gone")))
    for name in names
)
BACKWARD += "".join(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY;\n" for table in ("cases_correction", "cases_correction_step"))
BACKWARD += "".join(
    f"DROP POLICY {table}_wall ON {table}; ALTER TABLE {table} DISABLE ROW LEVEL SECURITY;\n" for table in _CENTRE_TABLES
)


class Migration(migrations.Migration):

    dependencies = [
        ('cases', '0008_mediation_and_safety'),
    ]

    operations = [
        migrations.CreateModel(
            name='DigestSubscription',
            fields=[
                ('id', models.UUIDField(default=caasis.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('centre_id', models.UUIDField()),
                ('user_id', models.UUIDField(unique=True)),
            ],
            options={
                'db_table': 'cases_digest_subscription',
            },
        ),
        migrations.AddField(
            model_name='approvaldecision',
            name='deputy_of',
            field=models.UUIDField(null=True),
        ),
        migrations.CreateModel(
            name='ApproverAbsence',
            fields=[
                ('id', models.UUIDField(default=caasis.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('centre_id', models.UUIDField()),
                ('user_id', models.UUIDField()),
                ('deputy_id', models.UUIDField(null=True)),
                ('first', models.DateField()),
                ('last', models.DateField()),
                ('note', models.CharField(blank=True, default='', max_length=60)),
                ('entered_by', models.UUIDField(null=True)),
                ('ended_at', models.DateTimeField(null=True)),
            ],
            options={
                'db_table': 'cases_approver_absence',
                'indexes': [models.Index(fields=['centre_id', 'first', 'last'], name='approver_absence')],
            },
        ),
        migrations.CreateModel(
            name='Correction',
            fields=[
                ('id', models.UUIDField(default=caasis.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('centre_id', models.UUIDField()),
                ('state', models.CharField(default='applied', max_length=12)),
                ('before', models.JSONField()),
                ('after', models.JSONField()),
                ('codes_version', models.CharField(max_length=20)),
                ('reason', models.TextField()),
                ('made_by', models.UUIDField(null=True)),
                ('made_at', models.DateTimeField()),
                ('dispute_until', models.DateField()),
                ('settled_at', models.DateTimeField(null=True)),
                ('batch_id', models.UUIDField(db_index=True, null=True)),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='corrections', to='cases.case')),
            ],
            options={
                'db_table': 'cases_correction',
            },
        ),
        migrations.CreateModel(
            name='CorrectionStep',
            fields=[
                ('id', models.UUIDField(default=caasis.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('centre_id', models.UUIDField()),
                ('kind', models.CharField(max_length=12)),
                ('at', models.DateTimeField()),
                ('actor_id', models.UUIDField(null=True)),
                ('words', models.TextField(blank=True, default='')),
                ('kept', models.JSONField(default=list)),
                ('correction', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='steps', to='cases.correction')),
            ],
            options={
                'db_table': 'cases_correction_step',
                'ordering': ['at', 'id'],
            },
        ),
        migrations.CreateModel(
            name='Digest',
            fields=[
                ('id', models.UUIDField(default=caasis.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('centre_id', models.UUIDField()),
                ('user_id', models.UUIDField()),
                ('day', models.DateField()),
                ('figures', models.JSONField(default=dict)),
            ],
            options={
                'db_table': 'cases_digest',
                'constraints': [models.UniqueConstraint(fields=('user_id', 'day'), name='digest_once_a_day')],
            },
        ),
        migrations.CreateModel(
            name='ApprovalLook',
            fields=[
                ('id', models.UUIDField(default=caasis.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('centre_id', models.UUIDField()),
                ('user_id', models.UUIDField()),
                ('seen_at', models.DateTimeField()),
                ('approval', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='looks', to='cases.approval')),
            ],
            options={
                'db_table': 'cases_approval_look',
                'constraints': [models.UniqueConstraint(fields=('approval', 'user_id'), name='look_once')],
            },
        ),
        migrations.AddIndex(
            model_name='correction',
            index=models.Index(fields=['centre_id', 'state', '-made_at'], name='correction_of_centre'),
        ),
        migrations.AddIndex(
            model_name='correction',
            index=models.Index(fields=['state', '-made_at'], name='correction_by_state'),
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
