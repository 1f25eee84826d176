"""Files that the centre adds to a case, and the words in a case's files; walled off like the case's notes."""

import caasis.kernel.ids
import caasis.privacy.sealed
import django.db.models.deletion
from django.db import migrations, models

TABLES = ("cases_evidence", "cases_file_text")
FORWARD = "".join(
    f"""
ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
CREATE POLICY {table}_wall ON {table} USING (
    current_setting('caasis.scope', true) = 'system'
    OR (current_setting('caasis.scope', true) = 'centre' AND centre_id::text = current_setting('caasis.centre', true))
);
"""
    for table in TABLES
)
BACKWARD = "".join(
    f"DROP POLICY {table}_wall ON {table}; ALTER TABLE {table} DISABLE ROW LEVEL SECURITY;" for table in TABLES
)


class Migration(migrations.Migration):

    dependencies = [
        ('cases', '0011_wall_that_is_asked_once'),
        ('platform', '0003_wall'),
    ]

    operations = [
        migrations.CreateModel(
            name='Evidence',
            fields=[
                ('id', models.UUIDField(default=caasis.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('centre_id', models.UUIDField()),
                ('note', caasis.privacy.sealed.SealedField(blank=True, default=b'')),
                ('added_by', models.UUIDField(null=True)),
                ('removed_at', models.DateTimeField(null=True)),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='evidence', to='cases.case')),
                ('file', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='platform.storedfile')),
            ],
            options={
                'db_table': 'cases_evidence',
                'ordering': ['created_at'],
            },
        ),
        migrations.CreateModel(
            name='FileText',
            fields=[
                ('id', models.UUIDField(default=caasis.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('centre_id', models.UUIDField()),
                ('state', models.CharField(choices=[('read', '読み取りました'), ('empty', '文字が見つかりませんでした'), ('no_reader', '文字を読み取る道具がありません'), ('unreadable', '開けないファイルです')], max_length=12)),
                ('text', caasis.privacy.sealed.SealedField(blank=True, default=b'')),
                ('how', models.CharField(blank=True, default='', max_length=8)),
                ('pages', models.PositiveSmallIntegerField(default=1)),
                ('cut', models.BooleanField(default=False)),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='file_texts', to='cases.case')),
                ('file', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='platform.storedfile')),
            ],
            options={
                'db_table': 'cases_file_text',
            },
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
