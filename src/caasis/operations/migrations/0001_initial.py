"""Complaints about ourselves and incidents, with their walls."""

import caasis.kernel.ids
import caasis.privacy.sealed
import django.db.models.deletion
from django.db import migrations, models


_OWN = """
    current_setting('caasis.scope', true) = 'system'
    OR (current_setting('caasis.scope', true) = 'centre' AND centre_id::text = current_setting('caasis.centre', true))
"""
_TABLES = ("operations_matter", "operations_measure", "operations_step")
FORWARD = "".join(
    f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY; CREATE POLICY {table}_wall ON {table} USING ({_OWN});\n"
    for table in _TABLES
)
BACKWARD = "".join(f"DROP POLICY {table}_wall ON {table}; ALTER TABLE {table} DISABLE ROW LEVEL SECURITY;\n" for table in _TABLES)


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('cases', '0009_approval'),
    ]

    operations = [
        migrations.CreateModel(
            name='Matter',
            fields=[
                ('id', models.UUIDField(default=caasis.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('version', models.PositiveIntegerField(default=1)),
                ('centre_id', models.UUIDField()),
                ('number', models.CharField(max_length=20, unique=True)),
                ('sort', models.CharField(max_length=12)),
                ('kind', models.CharField(max_length=20)),
                ('channel', models.CharField(blank=True, default='', max_length=20)),
                ('severity', models.CharField(max_length=10)),
                ('state', models.CharField(default='open', max_length=14)),
                ('concerned_id', models.UUIDField(null=True)),
                ('happened_on', models.DateField(null=True)),
                ('noticed_on', models.DateField()),
                ('restored_at', models.DateTimeField(null=True)),
                ('record_key_id', models.UUIDField()),
                ('what', caasis.privacy.sealed.SealedField(blank=True, default=b'')),
                ('complainant', caasis.privacy.sealed.SealedField(blank=True, default=b'')),
                ('answer', caasis.privacy.sealed.SealedField(blank=True, default=b'')),
                ('whys', models.JSONField(default=list)),
                ('root_cause', models.CharField(blank=True, default='', max_length=400)),
                ('lessons', models.TextField(blank=True, default='')),
                ('duties', models.JSONField(default=dict)),
                ('recorded_by', models.UUIDField(null=True)),
                ('acknowledged_at', models.DateTimeField(null=True)),
                ('closed_at', models.DateTimeField(null=True)),
                ('closed_by', models.UUIDField(null=True)),
                ('idempotency_key', models.CharField(max_length=80, null=True, unique=True)),
                ('is_demo', models.BooleanField(default=False)),
                ('case', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='cases.case')),
            ],
            options={
                'db_table': 'operations_matter',
            },
        ),
        migrations.CreateModel(
            name='MatterStep',
            fields=[
                ('id', models.UUIDField(default=caasis.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('centre_id', models.UUIDField()),
                ('at', models.DateTimeField()),
                ('kind', models.CharField(max_length=20)),
                ('actor_id', models.UUIDField(null=True)),
                ('words', models.CharField(blank=True, default='', max_length=400)),
                ('matter', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='steps', to='operations.matter')),
            ],
            options={
                'db_table': 'operations_step',
                'ordering': ['at', 'id'],
            },
        ),
        migrations.CreateModel(
            name='Measure',
            fields=[
                ('id', models.UUIDField(default=caasis.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('centre_id', models.UUIDField()),
                ('what', models.CharField(max_length=200)),
                ('owner_id', models.UUIDField()),
                ('due_on', models.DateField()),
                ('done_at', models.DateTimeField(null=True)),
                ('check_on', models.DateField()),
                ('held', models.BooleanField(null=True)),
                ('checked_at', models.DateTimeField(null=True)),
                ('checked_by', models.UUIDField(null=True)),
                ('check_note', models.CharField(blank=True, default='', max_length=200)),
                ('matter', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='measures', to='operations.matter')),
            ],
            options={
                'db_table': 'operations_measure',
                'ordering': ['created_at', 'id'],
            },
        ),
        migrations.AddIndex(
            model_name='matter',
            index=models.Index(fields=['centre_id', 'sort', '-noticed_on'], name='matter_of_centre'),
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
