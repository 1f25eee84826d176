"""What a draft of a flow was before its last save."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("telephony", "0003_alarms")]
    operations = [migrations.AddField("flowversion", "before", models.JSONField(null=True))]
