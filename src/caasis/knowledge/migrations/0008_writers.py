"""All whose words stand in a revision, so that none of them approves it."""

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("knowledge", "0007_reader_notes"),
    ]

    operations = [
        migrations.AddField(
            model_name="articlerevision",
            name="writers",
            field=django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), default=list, size=None),
        ),
    ]
