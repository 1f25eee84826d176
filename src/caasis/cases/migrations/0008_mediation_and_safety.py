"""あっせん, the redress ledger, notices of serious accidents, requests beside the case, and conduct; with their walls."""

import caasis.kernel.ids
import caasis.privacy.sealed
import django.db.models.deletion
from django.db import migrations, models

OWN = "(current_setting('caasis.scope', true) = 'centre' AND centre_id::text = current_setting('caasis.centre', true))"
SYSTEM = "current_setting('caasis.scope', true) = 'system'"
NATION = "current_setting('caasis.scope', true) = 'national'"
#: Tables of which nobody outside the centre sees a row.
WALLED = (
    "cases_mediation", "cases_mediation_step", "cases_mediation_offer", "cases_mediation_onward", "cases_accident_notice",
    "cases_conduct_rule", "cases_conduct_file", "cases_conduct_entry",
)  # fmt: skip
#: The ledger is counted wherever its case is seen; its sealed texts open inside the centre only. A request for co-operation
#: is also seen by the nation, which asked.
READERS = {
    "cases_redress": (
        "EXISTS (SELECT 1 FROM cases_case c WHERE c.id = case_id AND c.state = 'registered'"
        " AND current_setting('caasis.scope', true) IN ('centre', 'national'))"
    ),
    "cases_ask": f"({NATION} AND asked_by_nation)",
    "cases_ask_entry": f"({NATION} AND EXISTS (SELECT 1 FROM cases_ask a WHERE a.id = ask_id AND a.asked_by_nation))",
}
WRITERS = {
    "cases_redress": "false",
    "cases_ask": f"({NATION} AND asked_by_nation)",
    "cases_ask_entry": f"({NATION} AND EXISTS (SELECT 1 FROM cases_ask a WHERE a.id = ask_id AND a.asked_by_nation))",
}
FORWARD = "\n".join(
    [
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;"
        f" CREATE POLICY {table}_wall ON {table} USING ({SYSTEM} OR {OWN});"
        for table in WALLED
    ]
    + [
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY; CREATE POLICY {table}_wall ON {table}"
        f" USING ({SYSTEM} OR {OWN} OR {READERS[table]}) WITH CHECK ({SYSTEM} OR {OWN} OR {WRITERS[table]});"
        for table in READERS
    ]
)
BACKWARD = "\n".join(
    f"DROP POLICY {table}_wall ON {table}; ALTER TABLE {table} DISABLE ROW LEVEL SECURITY;" for table in (*WALLED, *READERS)
)


class Migration(migrations.Migration):

    dependencies = [
        ('businesses', '0002_identity'),
        ('cases', '0007_between_centres'),
    ]

    operations = [
        migrations.CreateModel(
            name='ConductRule',
            fields=[
                ('id', models.UUIDField(default=caasis.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('version', models.PositiveIntegerField(default=1)),
                ('centre_id', models.UUIDField(unique=True)),
                ('warnings_needed', models.PositiveSmallIntegerField()),
                ('longest_days', models.PositiveSmallIntegerField()),
                ('warning', models.TextField()),
                ('ending', models.TextField()),
                ('appeal_to', models.CharField(blank=True, default='', max_length=120)),
            ],
            options={
                'db_table': 'cases_conduct_rule',
            },
        ),
        migrations.CreateModel(
            name='CaseAsk',
            fields=[
                ('id', models.UUIDField(default=caasis.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('centre_id', models.UUIDField()),
                ('kind', models.CharField(max_length=20)),
                ('state', models.CharField(max_length=12)),
                ('addressee', models.CharField(blank=True, default='', max_length=80)),
                ('question', models.TextField(blank=True, default='')),
                ('body', caasis.privacy.sealed.SealedField(blank=True, default=b'')),
                ('due_on', models.DateField(null=True)),
                ('consumer_agrees', models.BooleanField(null=True)),
                ('consumer_asked_at', models.DateTimeField(null=True)),
                ('consumer_means', models.CharField(blank=True, default='', max_length=10)),
                ('centre_agrees', models.BooleanField(null=True)),
                ('centre_decided_by', models.UUIDField(null=True)),
                ('asked_by', models.UUIDField(null=True)),
                ('asked_by_nation', models.BooleanField(default=False)),
                ('asked_at', models.DateTimeField()),
                ('closed_at', models.DateTimeField(null=True)),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='asks', to='cases.case')),
            ],
            options={
                'db_table': 'cases_ask',
                'ordering': ['asked_at', 'id'],
            },
        ),
        migrations.CreateModel(
            name='CaseAskEntry',
            fields=[
                ('id', models.UUIDField(default=caasis.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('centre_id', models.UUIDField()),
                ('kind', models.CharField(max_length=20)),
                ('at', models.DateTimeField()),
                ('by', models.UUIDField(null=True)),
                ('gave', models.CharField(blank=True, default='', max_length=80)),
                ('took', models.CharField(blank=True, default='', max_length=80)),
                ('words', caasis.privacy.sealed.SealedField(blank=True, default=b'')),
                ('ask', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='entries', to='cases.caseask')),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='cases.case')),
            ],
            options={
                'db_table': 'cases_ask_entry',
                'ordering': ['at', 'id'],
            },
        ),
        migrations.CreateModel(
            name='ConductFile',
            fields=[
                ('id', models.UUIDField(default=caasis.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('centre_id', models.UUIDField()),
                ('state', models.CharField(max_length=12)),
                ('opened_by', models.UUIDField(null=True)),
                ('opened_at', models.DateTimeField()),
                ('proposed_by', models.UUIDField(null=True)),
                ('decided_by', models.UUIDField(null=True)),
                ('decided_at', models.DateTimeField(null=True)),
                ('ended_from', models.DateField(null=True)),
                ('ended_until', models.DateField(null=True)),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='conduct_files', to='cases.case')),
            ],
            options={
                'db_table': 'cases_conduct_file',
                'ordering': ['opened_at', 'id'],
            },
        ),
        migrations.CreateModel(
            name='ConductEntry',
            fields=[
                ('id', models.UUIDField(default=caasis.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('centre_id', models.UUIDField()),
                ('kind', models.CharField(max_length=20)),
                ('at', models.DateTimeField()),
                ('by', models.UUIDField(null=True)),
                ('witness', models.UUIDField(null=True)),
                ('criteria', models.JSONField(default=list)),
                ('words', caasis.privacy.sealed.SealedField(blank=True, default=b'')),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='cases.case')),
                ('file', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='entries', to='cases.conductfile')),
            ],
            options={
                'db_table': 'cases_conduct_entry',
                'ordering': ['at', 'id'],
            },
        ),
        migrations.CreateModel(
            name='Mediation',
            fields=[
                ('id', models.UUIDField(default=caasis.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('centre_id', models.UUIDField()),
                ('business_name', models.CharField(max_length=160)),
                ('business_phone', models.CharField(blank=True, default='', max_length=40)),
                ('business_person', models.CharField(blank=True, default='', max_length=80)),
                ('phone_key', models.CharField(blank=True, default='', max_length=20)),
                ('name_key', models.CharField(blank=True, default='', max_length=160)),
                ('handled_by', models.UUIDField(null=True)),
                ('began_at', models.DateTimeField()),
                ('consent_given_at', models.DateTimeField(null=True)),
                ('consent_means', models.CharField(blank=True, default='', max_length=20)),
                ('consent_by', models.UUIDField(null=True)),
                ('consent_id', models.UUIDField(null=True)),
                ('answer_due_on', models.DateField(null=True)),
                ('answer_task_id', models.UUIDField(null=True)),
                ('last_step_at', models.DateTimeField()),
                ('last_step', models.CharField(blank=True, default='', max_length=20)),
                ('outcome', models.CharField(blank=True, default='', max_length=12)),
                ('failed_because', models.CharField(blank=True, default='', max_length=20)),
                ('ended_at', models.DateTimeField(null=True)),
                ('business', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='businesses.business')),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='mediations', to='cases.case')),
            ],
            options={
                'db_table': 'cases_mediation',
                'ordering': ['began_at'],
            },
        ),
        migrations.CreateModel(
            name='MediationOffer',
            fields=[
                ('id', models.UUIDField(default=caasis.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('centre_id', models.UUIDField()),
                ('side', models.CharField(max_length=10)),
                ('amount', models.BigIntegerField(null=True)),
                ('terms', caasis.privacy.sealed.SealedField(blank=True, default=b'')),
                ('until', models.DateField(null=True)),
                ('state', models.CharField(default='waiting', max_length=10)),
                ('answered_at', models.DateTimeField(null=True)),
                ('made_at', models.DateTimeField()),
                ('by', models.UUIDField(null=True)),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='cases.case')),
                ('mediation', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='offers', to='cases.mediation')),
            ],
            options={
                'db_table': 'cases_mediation_offer',
                'ordering': ['made_at', 'id'],
            },
        ),
        migrations.CreateModel(
            name='MediationOnward',
            fields=[
                ('id', models.UUIDField(default=caasis.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('centre_id', models.UUIDField()),
                ('body', models.CharField(max_length=20)),
                ('state', models.CharField(max_length=12)),
                ('on', models.DateField()),
                ('reference', models.CharField(blank=True, default='', max_length=60)),
                ('ended_on', models.DateField(null=True)),
                ('words', caasis.privacy.sealed.SealedField(blank=True, default=b'')),
                ('by', models.UUIDField(null=True)),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='cases.case')),
                ('mediation', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='onwards', to='cases.mediation')),
            ],
            options={
                'db_table': 'cases_mediation_onward',
                'ordering': ['on', 'id'],
            },
        ),
        migrations.CreateModel(
            name='MediationStep',
            fields=[
                ('id', models.UUIDField(default=caasis.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('centre_id', models.UUIDField()),
                ('kind', models.CharField(max_length=20)),
                ('at', models.DateTimeField()),
                ('by', models.UUIDField(null=True)),
                ('means', models.CharField(blank=True, default='', max_length=10)),
                ('direction', models.CharField(blank=True, default='', max_length=20)),
                ('named_consumer', models.BooleanField(default=False)),
                ('data', models.JSONField(default=dict)),
                ('words', caasis.privacy.sealed.SealedField(blank=True, default=b'')),
                ('undone_at', models.DateTimeField(null=True)),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='cases.case')),
                ('mediation', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='steps', to='cases.mediation')),
            ],
            options={
                'db_table': 'cases_mediation_step',
                'ordering': ['at', 'id'],
            },
        ),
        migrations.CreateModel(
            name='Redress',
            fields=[
                ('id', models.UUIDField(default=caasis.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('centre_id', models.UUIDField()),
                ('kind', models.CharField(max_length=12)),
                ('amount', models.BigIntegerField()),
                ('on', models.DateField()),
                ('source', models.CharField(max_length=12)),
                ('proof', models.CharField(max_length=12)),
                ('words', caasis.privacy.sealed.SealedField(blank=True, default=b'')),
                ('by', models.UUIDField(null=True)),
                ('at', models.DateTimeField()),
                ('business', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='businesses.business')),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='redress', to='cases.case')),
                ('corrects', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='corrected_by', to='cases.redress')),
                ('mediation', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='redress', to='cases.mediation')),
            ],
            options={
                'db_table': 'cases_redress',
                'ordering': ['at', 'id'],
            },
        ),
        migrations.CreateModel(
            name='AccidentNotice',
            fields=[
                ('id', models.UUIDField(default=caasis.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('centre_id', models.UUIDField()),
                ('state', models.CharField(choices=[('open', '通知していない'), ('sent', '通知した'), ('dismissed', '重大事故等にあたらない'), ('revoked', '取り消した')], default='open', max_length=10)),
                ('criteria', models.JSONField(default=list)),
                ('found_at', models.DateTimeField()),
                ('found_by', models.UUIDField(null=True)),
                ('body', caasis.privacy.sealed.SealedField(blank=True, default=b'')),
                ('body_saved_at', models.DateTimeField(null=True)),
                ('sent_at', models.DateTimeField(null=True)),
                ('sent_by', models.UUIDField(null=True)),
                ('sent_means', models.CharField(blank=True, default='', max_length=10)),
                ('sent_to', models.CharField(blank=True, default='', max_length=80)),
                ('task_id', models.UUIDField(null=True)),
                ('closed_at', models.DateTimeField(null=True)),
                ('closed_by', models.UUIDField(null=True)),
                ('reason', caasis.privacy.sealed.SealedField(blank=True, default=b'')),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='accident_notices', to='cases.case')),
                ('supplements', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='supplement_notices', to='cases.accidentnotice')),
            ],
            options={
                'db_table': 'cases_accident_notice',
                'ordering': ['found_at', 'id'],
                'indexes': [models.Index(fields=['centre_id', 'state', 'found_at'], name='accident_of_centre')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('state__in', ['open', 'sent']), ('supplements', None)), fields=('case',), name='accident_once')],
            },
        ),
        migrations.AddIndex(
            model_name='caseask',
            index=models.Index(fields=['centre_id', 'kind', 'state'], name='ask_of_centre'),
        ),
        migrations.AddConstraint(
            model_name='conductfile',
            constraint=models.UniqueConstraint(condition=models.Q(('state__in', ['lifted', 'closed']), _negated=True), fields=('case',), name='conduct_once'),
        ),
        migrations.AddIndex(
            model_name='mediation',
            index=models.Index(condition=models.Q(('outcome', '')), fields=['centre_id', 'phone_key'], name='mediation_open_phone'),
        ),
        migrations.AddIndex(
            model_name='mediation',
            index=models.Index(condition=models.Q(('outcome', '')), fields=['centre_id', 'name_key'], name='mediation_open_name'),
        ),
        migrations.AddIndex(
            model_name='mediation',
            index=models.Index(condition=models.Q(('outcome', '')), fields=['business'], name='mediation_open_business'),
        ),
        migrations.AddIndex(
            model_name='redress',
            index=models.Index(fields=['business', 'on'], name='redress_of_business'),
        ),
        migrations.AddConstraint(
            model_name='redress',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('amount__gt', 0), ('corrects', None)), models.Q(('amount__lt', 0), ('corrects__isnull', False)), _connector='OR'), name='redress_sign'),
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
