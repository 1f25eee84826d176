import caasis.kernel.ids
import django.db.models.deletion
from django.db import migrations, models


# What is a person's own is seen by that person and the system alone; a hit goes with its search. The nation's synonyms are
# read by all staff, a centre's by the centre; nobody writes another's list.
FORWARD = """
ALTER TABLE cases_saved_search ENABLE ROW LEVEL SECURITY;
CREATE POLICY cases_saved_search_wall ON cases_saved_search USING (
    current_setting('caasis.scope', true) = 'system'
    OR (current_setting('caasis.scope', true) IN ('centre', 'national')
        AND user_id::text = current_setting('caasis.actor', true))
);
ALTER TABLE cases_search_hit ENABLE ROW LEVEL SECURITY;
CREATE POLICY cases_search_hit_wall ON cases_search_hit USING (
    current_setting('caasis.scope', true) = 'system'
    OR EXISTS (SELECT 1 FROM cases_saved_search s WHERE s.id = search_id
               AND current_setting('caasis.scope', true) IN ('centre', 'national')
               AND s.user_id::text = current_setting('caasis.actor', true))
);
ALTER TABLE cases_search_export ENABLE ROW LEVEL SECURITY;
CREATE POLICY cases_search_export_wall ON cases_search_export USING (
    current_setting('caasis.scope', true) = 'system'
    OR (current_setting('caasis.scope', true) IN ('centre', 'national')
        AND user_id::text = current_setting('caasis.actor', true))
);
ALTER TABLE cases_synonym_list ENABLE ROW LEVEL SECURITY;
CREATE POLICY cases_synonym_list_wall ON cases_synonym_list USING (
    current_setting('caasis.scope', true) = 'system'
    OR (current_setting('caasis.scope', true) IN ('centre', 'national') AND centre_id IS NULL)
    OR (current_setting('caasis.scope', true) = 'centre' AND centre_id::text = current_setting('caasis.centre', true))
) WITH CHECK (
    current_setting('caasis.scope', true) = 'system'
    OR (current_setting('caasis.scope', true) = 'national' AND centre_id IS NULL)
    OR (current_setting('caasis.scope', true) = 'centre' AND centre_id::text = current_setting('caasis.centre', true))
);
"""
BACKWARD = """
DROP POLICY cases_synonym_list_wall ON cases_synonym_list;
DROP POLICY cases_search_export_wall ON cases_search_export;
DROP POLICY cases_search_hit_wall ON cases_search_hit;
DROP POLICY cases_saved_search_wall ON cases_saved_search;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('cases', '0009_approval'),
    ]

    operations = [
        migrations.CreateModel(
            name='SavedSearch',
            fields=[
                ('id', models.UUIDField(default=caasis.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('user_id', models.UUIDField()),
                ('name', models.CharField(max_length=60)),
                ('query', models.JSONField(default=list)),
                ('notice', models.CharField(choices=[('none', '知らせない'), ('daily', '毎朝知らせる'), ('at_once', 'すぐ知らせる')], default='none', max_length=10)),
                ('matched_at', models.DateTimeField(null=True)),
                ('deleted_at', models.DateTimeField(null=True)),
            ],
            options={
                'db_table': 'cases_saved_search',
                'indexes': [models.Index(condition=models.Q(('deleted_at', None)), fields=['user_id', 'name'], name='saved_search_of_user'), models.Index(condition=models.Q(('deleted_at', None)), fields=['notice', 'id'], name='saved_search_to_match')],
            },
        ),
        migrations.CreateModel(
            name='SearchExport',
            fields=[
                ('id', models.UUIDField(default=caasis.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('user_id', models.UUIDField()),
                ('centre_id', models.UUIDField(null=True)),
                ('query', models.JSONField(default=list)),
                ('format', models.CharField(choices=[('csv', 'CSV（UTF-8）'), ('csv_sjis', 'CSV（Shift_JIS）'), ('xlsx', 'Excel（XLSX）')], max_length=10)),
                ('purpose', models.CharField(max_length=20)),
                ('reason', models.CharField(max_length=200)),
                ('state', models.CharField(choices=[('waiting', '順番を待っています'), ('running', '書き出しています'), ('ready', 'できました'), ('fetched', '受け取りました'), ('stopped', 'やめました'), ('failed', '書き出せませんでした'), ('expired', '期限が切れました')], default='waiting', max_length=10)),
                ('expected', models.PositiveIntegerField(default=0)),
                ('written', models.PositiveIntegerField(default=0)),
                ('file_id', models.UUIDField()),
                ('record_key_id', models.UUIDField()),
                ('stop_asked_at', models.DateTimeField(null=True)),
                ('finished_at', models.DateTimeField(null=True)),
                ('expires_at', models.DateTimeField(null=True)),
            ],
            options={
                'db_table': 'cases_search_export',
                'indexes': [models.Index(fields=['user_id', '-created_at'], name='export_of_user')],
            },
        ),
        migrations.CreateModel(
            name='SynonymList',
            fields=[
                ('id', models.UUIDField(default=caasis.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('centre_id', models.UUIDField(null=True)),
                ('version', models.PositiveIntegerField()),
                ('groups', models.JSONField(default=list)),
                ('made_by', models.UUIDField(null=True)),
            ],
            options={
                'db_table': 'cases_synonym_list',
                'constraints': [models.UniqueConstraint(fields=('centre_id', 'version'), name='synonyms_version', nulls_distinct=False)],
            },
        ),
        migrations.CreateModel(
            name='SearchHit',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('found_at', models.DateTimeField()),
                ('seen_at', models.DateTimeField(null=True)),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='cases.case')),
                ('search', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='hits', to='cases.savedsearch')),
            ],
            options={
                'db_table': 'cases_search_hit',
                'indexes': [models.Index(condition=models.Q(('seen_at', None)), fields=['search', '-found_at'], name='search_hit_unseen')],
                'constraints': [models.UniqueConstraint(fields=('search', 'case'), name='search_hit_once')],
            },
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
