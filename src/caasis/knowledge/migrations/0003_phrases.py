"""定型文 and 話し方の手順, with what they said before. The nation's are everybody's to read; a centre's are its own."""

import caasis.kernel.ids
import django.db.models.deletion
from django.db import migrations, models


TABLES = ("knowledge_phrase", "knowledge_phrase_version")
FORWARD = "".join(
    f"""
ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
CREATE POLICY {table}_wall ON {table} USING (
    current_setting('caasis.scope', true) = 'system'
    OR (current_setting('caasis.scope', true) = 'centre'
        AND (centre_id IS NULL OR centre_id::text = current_setting('caasis.centre', true)))
) WITH CHECK (
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
        ("knowledge", "0002_search_words_and_verified"),
    ]

    operations = [
        migrations.CreateModel(
            name="Phrase",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=caasis.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("version", models.PositiveIntegerField(default=1)),
                ("centre_id", models.UUIDField(null=True)),
                ("number", models.CharField(blank=True, default="", max_length=20)),
                ("kind", models.CharField(choices=[("template", "定型文"), ("script", "話し方の手順")], max_length=10)),
                ("use", models.CharField(max_length=20)),
                ("title", models.CharField(max_length=60)),
                ("body", models.TextField()),
                ("law", models.CharField(blank=True, default="", max_length=120)),
                ("law_verified", models.BooleanField(default=False)),
                ("retired_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "knowledge_phrase",
                "ordering": ["kind", "use", "number", "title"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("number", ""), _negated=True),
                        fields=("centre_id", "number"),
                        name="phrase_number_once",
                        nulls_distinct=False,
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="PhraseVersion",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=caasis.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("centre_id", models.UUIDField(null=True)),
                ("number", models.PositiveIntegerField()),
                ("title", models.CharField(max_length=60)),
                ("body", models.TextField()),
                ("law", models.CharField(blank=True, default="", max_length=120)),
                ("saved_by", models.UUIDField(null=True)),
                (
                    "phrase",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="versions", to="knowledge.phrase"
                    ),
                ),
            ],
            options={
                "db_table": "knowledge_phrase_version",
                "ordering": ["-number"],
                "constraints": [models.UniqueConstraint(fields=("phrase", "number"), name="phrase_version_once")],
            },
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
