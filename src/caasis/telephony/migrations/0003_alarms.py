"""Limits of a centre's telephone and the alarms that they brought, each behind the wall of its centre."""

import caasis.kernel.ids
from django.db import migrations, models


_OWN = """
    current_setting('caasis.scope', true) = 'system'
    OR (current_setting('caasis.scope', true) = 'centre' AND centre_id::text = current_setting('caasis.centre', true))
"""
_TABLES = ("telephony_alarm", "telephony_alarm_limit")
FORWARD = "".join(
    f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY; CREATE POLICY {table}_wall ON {table} USING ({_OWN});\n"
    for table in _TABLES
)
BACKWARD = "".join(
    f"DROP POLICY {table}_wall ON {table}; ALTER TABLE {table} DISABLE ROW LEVEL SECURITY;\n" for table in _TABLES
)


class Migration(migrations.Migration):

    dependencies = [
        ('telephony', '0002_wall'),
    ]

    operations = [
        migrations.CreateModel(
            name='Alarm',
            fields=[
                ('id', models.UUIDField(default=caasis.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('centre_id', models.UUIDField()),
                ('queue_id', models.UUIDField(null=True)),
                ('kind', models.CharField(choices=[('waiting', '待っている件数'), ('longest_wait', 'いちばん長い待ち'), ('service_level', '目安の時間内に応答した割合'), ('nobody_available', '出られる人がいない')], max_length=20)),
                ('limit', models.PositiveIntegerField()),
                ('first_reading', models.FloatField()),
                ('last_reading', models.FloatField()),
                ('sound', models.BooleanField(default=False)),
                ('began_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(null=True)),
                ('acknowledged_by', models.UUIDField(null=True)),
                ('acknowledged_at', models.DateTimeField(null=True)),
            ],
            options={
                'db_table': 'telephony_alarm',
                'ordering': ['-began_at', '-id'],
                'indexes': [models.Index(fields=['centre_id', '-began_at'], name='alarms_of_centre')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('ended_at', None)), fields=('centre_id', 'queue_id', 'kind'), name='one_standing_alarm', nulls_distinct=False)],
            },
        ),
        migrations.CreateModel(
            name='AlarmLimit',
            fields=[
                ('id', models.UUIDField(default=caasis.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('centre_id', models.UUIDField()),
                ('queue_id', models.UUIDField(null=True)),
                ('kind', models.CharField(choices=[('waiting', '待っている件数'), ('longest_wait', 'いちばん長い待ち'), ('service_level', '目安の時間内に応答した割合'), ('nobody_available', '出られる人がいない')], max_length=20)),
                ('limit', models.PositiveIntegerField()),
                ('sound', models.BooleanField(default=False)),
                ('met_since', models.DateTimeField(null=True)),
            ],
            options={
                'db_table': 'telephony_alarm_limit',
                'constraints': [models.UniqueConstraint(fields=('centre_id', 'queue_id', 'kind'), name='one_limit_of_a_kind', nulls_distinct=False)],
            },
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
