"""Articles in やさしい日本語 and English. Everybody's to read, like the articles, so that no wall is needed."""

import caasis.kernel.ids
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("knowledge", "0003_phrases"),
    ]

    operations = [
        migrations.CreateModel(
            name="ArticleTranslation",
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
                (
                    "language",
                    models.CharField(choices=[("ja-easy", "やさしい日本語"), ("en", "English")], max_length=10),
                ),
                ("title", models.CharField(max_length=120)),
                ("lead", models.CharField(max_length=240)),
                ("body", models.TextField()),
                ("search_words", models.TextField(blank=True, default="")),
                ("checked", models.BooleanField(default=False)),
                ("original_digest", models.CharField(max_length=64)),
                (
                    "article",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="translations", to="knowledge.article"
                    ),
                ),
            ],
            options={
                "db_table": "knowledge_article_translation",
                "ordering": ["language", "article__number"],
                "constraints": [
                    models.UniqueConstraint(fields=("article", "language"), name="article_translation_once")
                ],
            },
        ),
    ]
