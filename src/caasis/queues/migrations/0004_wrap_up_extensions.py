"""How often an agent may prolong a wrap-up."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("queues", "0003_wall")]
    operations = [
        migrations.AddField("queue", "wrap_up_extensions", models.PositiveSmallIntegerField(default=2)),
    ]
