"""Between centres: referrals, shares, the directory; merges of cases. The wall of `cases_case` opens for what is shared."""

import caasis.kernel.ids
import django.db.models.deletion
from django.db import migrations, models


_OWN = """
    current_setting('caasis.scope', true) = 'system'
    OR (current_setting('caasis.scope', true) = 'centre' AND {column}::text = current_setting('caasis.centre', true))
"""
_BOTH = """
    current_setting('caasis.scope', true) = 'system'
    OR (current_setting('caasis.scope', true) = 'centre'
        AND current_setting('caasis.centre', true) IN ({one}::text, {other}::text))
"""
_CASE = """
ALTER POLICY cases_case_wall ON cases_case USING (
    current_setting('caasis.scope', true) = 'system'
    OR (current_setting('caasis.scope', true) = 'centre'
        AND (state = 'registered'
             OR handling_centre_id::text = current_setting('caasis.centre', true)
             OR owning_centre_id::text = current_setting('caasis.centre', true){shared}))
    OR (current_setting('caasis.scope', true) = 'national' AND state = 'registered')
);
"""
#: Reading only: the policy's WITH CHECK, which writes must pass, knows no shares.
_SHARED = """
             OR EXISTS (
                SELECT 1 FROM cases_share s
                WHERE s.case_id = cases_case.id AND s.ended_at IS NULL
                    AND s.centre_id::text = current_setting('caasis.centre', true))"""
_WALLS = {
    "cases_referral": _BOTH.format(one="from_centre_id", other="to_centre_id"),
    "cases_share": _BOTH.format(one="from_centre_id", other="centre_id"),
    # Whoever sees the referral sees what was said: its own wall answers inside the subselect.
    "cases_referral_message": "EXISTS (SELECT 1 FROM cases_referral r WHERE r.id = referral_id)",
    **{
        table: _OWN.format(column="centre_id")
        for table in ("cases_merge", "cases_via", "cases_introduction", "cases_office")
    },
}
FORWARD = "".join(
    f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY; CREATE POLICY {table}_wall ON {table} USING ({rule});\n"
    for table, rule in _WALLS.items()
) + _CASE.format(shared=_SHARED)
BACKWARD = _CASE.format(shared="") + "".join(
    f"DROP POLICY {table}_wall ON {table}; ALTER TABLE {table} DISABLE ROW LEVEL SECURITY;\n" for table in _WALLS
)


class Migration(migrations.Migration):

    dependencies = [
        ('cases', '0006_team'),
        ('people', '0002_wall'),
    ]

    operations = [
        migrations.CreateModel(
            name='CaseVia',
            fields=[
                ('id', models.UUIDField(default=caasis.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('version', models.PositiveIntegerField(default=1)),
                ('centre_id', models.UUIDField()),
                ('office', models.CharField(max_length=80)),
                ('contact_person', models.CharField(blank=True, default='', max_length=40)),
                ('phone', models.CharField(blank=True, default='', max_length=20)),
                ('case', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='via', to='cases.case')),
            ],
            options={
                'db_table': 'cases_via',
            },
        ),
        migrations.CreateModel(
            name='Office',
            fields=[
                ('id', models.UUIDField(default=caasis.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('version', models.PositiveIntegerField(default=1)),
                ('centre_id', models.UUIDField()),
                ('code', models.CharField(max_length=40)),
                ('name', models.CharField(max_length=80)),
                ('kind', models.CharField(max_length=30)),
                ('handles', models.CharField(blank=True, default='', max_length=200)),
                ('words', models.CharField(blank=True, default='', max_length=400)),
                ('phone', models.CharField(blank=True, default='', max_length=40)),
                ('hours', models.CharField(blank=True, default='', max_length=120)),
                ('url', models.CharField(blank=True, default='', max_length=200)),
                ('source', models.CharField(blank=True, default='', max_length=120)),
                ('checked_on', models.DateField(null=True)),
                ('checked_by', models.UUIDField(null=True)),
                ('hidden', models.BooleanField(default=False)),
            ],
            options={
                'db_table': 'cases_office',
                'constraints': [models.UniqueConstraint(fields=('centre_id', 'code'), name='office_once_per_centre')],
            },
        ),
        migrations.CreateModel(
            name='Referral',
            fields=[
                ('id', models.UUIDField(default=caasis.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('version', models.PositiveIntegerField(default=1)),
                ('from_centre_id', models.UUIDField()),
                ('to_centre_id', models.UUIDField()),
                ('kind', models.CharField(max_length=10)),
                ('handed_back', models.BooleanField(default=False)),
                ('state', models.CharField(default='sent', max_length=12)),
                ('basis', models.CharField(max_length=30)),
                ('basis_document', models.CharField(blank=True, default='', max_length=80)),
                ('consent_by', models.CharField(blank=True, default='', max_length=20)),
                ('consent_on', models.DateField(null=True)),
                ('consent_means', models.CharField(blank=True, default='', max_length=20)),
                ('passed', models.JSONField(default=list)),
                ('reason', models.TextField()),
                ('request', models.TextField()),
                ('sent_by', models.UUIDField(null=True)),
                ('sent_at', models.DateTimeField()),
                ('opened_by', models.UUIDField(null=True)),
                ('opened_at', models.DateTimeField(null=True)),
                ('decided_by', models.UUIDField(null=True)),
                ('decided_at', models.DateTimeField(null=True)),
                ('closing_reason', models.TextField(blank=True, default='')),
                ('ended_by', models.UUIDField(null=True)),
                ('ended_at', models.DateTimeField(null=True)),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='referrals', to='cases.case')),
                ('continued_as', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='continues', to='cases.case')),
                ('person', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='people.person')),
            ],
            options={
                'db_table': 'cases_referral',
            },
        ),
        migrations.CreateModel(
            name='ReferralMessage',
            fields=[
                ('id', models.UUIDField(default=caasis.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('centre_id', models.UUIDField()),
                ('author_id', models.UUIDField(null=True)),
                ('kind', models.CharField(max_length=10)),
                ('text', models.TextField()),
                ('referral', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='messages', to='cases.referral')),
            ],
            options={
                'db_table': 'cases_referral_message',
                'ordering': ['created_at', 'id'],
            },
        ),
        migrations.CreateModel(
            name='Share',
            fields=[
                ('id', models.UUIDField(default=caasis.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('from_centre_id', models.UUIDField()),
                ('centre_id', models.UUIDField()),
                ('ended_at', models.DateTimeField(null=True)),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='shares', to='cases.case')),
                ('referral', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='share', to='cases.referral')),
            ],
            options={
                'db_table': 'cases_share',
            },
        ),
        migrations.CreateModel(
            name='CaseMerge',
            fields=[
                ('id', models.UUIDField(default=caasis.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('centre_id', models.UUIDField()),
                ('before', models.JSONField()),
                ('changes', models.JSONField(default=dict)),
                ('chosen', models.JSONField(default=list)),
                ('merged_by', models.UUIDField(null=True)),
                ('merged_at', models.DateTimeField()),
                ('undone_by', models.UUIDField(null=True)),
                ('undone_at', models.DateTimeField(null=True)),
                ('merged', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='merged_by', to='cases.case')),
                ('survivor', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='merges', to='cases.case')),
            ],
            options={
                'db_table': 'cases_merge',
                'constraints': [models.UniqueConstraint(condition=models.Q(('undone_at', None)), fields=('merged',), name='merged_once')],
            },
        ),
        migrations.CreateModel(
            name='Introduction',
            fields=[
                ('id', models.UUIDField(default=caasis.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('centre_id', models.UUIDField()),
                ('office_code', models.CharField(max_length=40)),
                ('office_name', models.CharField(max_length=80)),
                ('introduced_by', models.UUIDField(null=True)),
                ('introduced_at', models.DateTimeField()),
                ('taken_back_at', models.DateTimeField(null=True)),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='introductions', to='cases.case')),
            ],
            options={
                'db_table': 'cases_introduction',
                'indexes': [models.Index(fields=['centre_id', 'introduced_at'], name='introduction_of_centre')],
            },
        ),
        migrations.AddIndex(
            model_name='referral',
            index=models.Index(fields=['to_centre_id', 'state', '-sent_at'], name='referral_inbox'),
        ),
        migrations.AddIndex(
            model_name='referral',
            index=models.Index(fields=['from_centre_id', 'state', '-sent_at'], name='referral_outbox'),
        ),
        migrations.AddIndex(
            model_name='share',
            index=models.Index(condition=models.Q(('ended_at', None)), fields=['centre_id', 'case'], name='share_running'),
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
