"""What readers say of an article. Masked before it is written, and for every centre's staff, so that no wall is needed."""

import caasis.kernel.ids
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("knowledge", "0006_life"),
    ]

    operations = [
        migrations.CreateModel(
            name="ReaderNote",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=caasis.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("article_version", models.PositiveIntegerField()),
                ("text", models.CharField(max_length=600)),
                ("was_masked", models.BooleanField(default=False)),
                (
                    "article",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="reader_notes", to="knowledge.article"
                    ),
                ),
            ],
            options={
                "db_table": "knowledge_reader_note",
                "ordering": ["-created_at"],
                "indexes": [models.Index(fields=["article", "-created_at"], name="reader_note_newest")],
            },
        ),
    ]
