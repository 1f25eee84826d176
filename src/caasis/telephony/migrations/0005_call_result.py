"""What a call came to, as its agent says in the wrap-up, and the requests by which it is said."""

from django.db import migrations, models

KINDS = (
    "answer",
    "decline",
    "hang_up",
    "hold",
    "resume",
    "mute",
    "unmute",
    "transfer",
    "consult",
    "complete_transfer",
    "conference",
    "cancel_consult",
    "ask_help",
    "keys",
    "pause_recording",
    "resume_recording",
    "refuse_recording",
    "monitor",
    "stop_monitor",
    "wrap_up_done",
    "wrap_up_longer",
    "result",
    "call",
    "connect_browser",
    "disconnect_browser",
)


class Migration(migrations.Migration):
    dependencies = [("telephony", "0004_flow_undo")]
    operations = [
        migrations.AddField("call", "result", models.CharField(blank=True, default="", max_length=20)),
        migrations.AlterField(
            "deskrequest", "kind", models.CharField(choices=[(kind, kind) for kind in KINDS], max_length=20)
        ),
    ]
