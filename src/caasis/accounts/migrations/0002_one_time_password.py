"""Until when a password that an administrator handed out may be used."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]
    operations = [
        migrations.AddField(
            model_name="user",
            name="one_time_password_until",
            field=models.DateTimeField(blank=True, null=True),
        ),
    ]
