"""What a call came to, as its agent says in the wrap-up."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("telephony", "0004_flow_undo")]
    operations = [migrations.AddField("call", "result", models.CharField(blank=True, default="", max_length=20))]
