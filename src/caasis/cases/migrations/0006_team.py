"""Working together inside a centre: policy, help, response clocks, mentions, attempts, absences; kinds of tasks."""

import caasis.kernel.ids
import caasis.privacy.sealed
import django.db.models.deletion
from django.db import migrations, models


#: Tables that belong to a centre: the second wall, row-level security (see 0003_wall).
TABLES = (
    "cases_team_policy",
    "cases_help_request",
    "cases_response_clock",
    "cases_clock_event",
    "cases_mention",
    "cases_task_attempt",
    "cases_absence",
)
FORWARD = "".join(
    f"""
ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
CREATE POLICY {table}_wall ON {table} USING (
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
        ("cases", "0005_any_number"),
    ]

    operations = [
        migrations.CreateModel(
            name="Absence",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=caasis.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("centre_id", models.UUIDField()),
                ("user_id", models.UUIDField()),
                ("first_day", models.DateField()),
                ("last_day", models.DateField()),
                ("entered_by", models.UUIDField(null=True)),
            ],
            options={
                "db_table": "cases_absence",
            },
        ),
        migrations.CreateModel(
            name="ClockEvent",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("centre_id", models.UUIDField()),
                ("at", models.DateTimeField()),
                ("step", models.CharField(max_length=12)),
                ("minutes", models.PositiveIntegerField(default=0)),
                ("reason", models.CharField(blank=True, default="", max_length=40)),
            ],
            options={
                "db_table": "cases_clock_event",
            },
        ),
        migrations.CreateModel(
            name="HelpRequest",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=caasis.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("centre_id", models.UUIDField()),
                ("contact_id", models.UUIDField(null=True)),
                ("subject_id", models.UUIDField()),
                ("trigger", models.CharField(max_length=12)),
                ("reason_code", models.CharField(blank=True, default="", max_length=12)),
                ("reason", caasis.privacy.sealed.SealedField(blank=True, default=b"")),
                ("asked_by", models.UUIDField(null=True)),
                ("asked_at", models.DateTimeField()),
                ("asked_of", models.UUIDField(null=True)),
                ("role", models.CharField(max_length=20)),
                ("tier", models.PositiveSmallIntegerField(default=0)),
                ("due_at", models.DateTimeField(null=True)),
                ("state", models.CharField(default="open", max_length=12)),
                ("settled_by", models.UUIDField(null=True)),
                ("settled_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "cases_help_request",
            },
        ),
        migrations.CreateModel(
            name="Mention",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=caasis.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("centre_id", models.UUIDField()),
                ("user_id", models.UUIDField()),
                ("read_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "cases_mention",
            },
        ),
        migrations.CreateModel(
            name="ResponseClock",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=caasis.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("centre_id", models.UUIDField()),
                ("kind", models.CharField(max_length=8)),
                ("number", models.PositiveSmallIntegerField(default=1)),
                ("channel", models.CharField(max_length=20)),
                ("urgent", models.BooleanField(default=False)),
                ("target_minutes", models.PositiveIntegerField()),
                ("used_minutes", models.PositiveIntegerField(default=0)),
                ("running_since", models.DateTimeField(null=True)),
                ("due_at", models.DateTimeField(null=True)),
                ("paused_for", models.CharField(blank=True, default="", max_length=12)),
                ("stopped_at", models.DateTimeField(null=True)),
                ("breached_at", models.DateTimeField(null=True)),
                ("met", models.BooleanField(null=True)),
            ],
            options={
                "db_table": "cases_response_clock",
            },
        ),
        migrations.CreateModel(
            name="TaskAttempt",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=caasis.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("centre_id", models.UUIDField()),
                ("at", models.DateTimeField()),
                ("by", models.UUIDField(null=True)),
                ("result", models.CharField(max_length=16)),
            ],
            options={
                "db_table": "cases_task_attempt",
                "ordering": ["at"],
            },
        ),
        migrations.CreateModel(
            name="TeamPolicy",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=caasis.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("centre_id", models.UUIDField()),
                ("number", models.PositiveIntegerField()),
                ("body", models.JSONField()),
                ("saved_by", models.UUIDField(null=True)),
            ],
            options={
                "db_table": "cases_team_policy",
            },
        ),
        migrations.AddField(
            model_name="task",
            name="outcome",
            field=models.CharField(blank=True, db_default="", default="", max_length=12),
        ),
        migrations.AddField(
            model_name="task",
            name="told_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="task",
            name="until_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddIndex(
            model_name="task",
            index=models.Index(
                condition=models.Q(("done_at", None), ("told_at", None)), fields=["due_at"], name="task_to_tell"
            ),
        ),
        migrations.AddIndex(
            model_name="task",
            index=models.Index(
                condition=models.Q(("done_at", None)), fields=["centre_id", "due_at"], name="task_of_centre"
            ),
        ),
        migrations.AddIndex(
            model_name="absence",
            index=models.Index(fields=["centre_id", "last_day"], name="absence_of_centre"),
        ),
        migrations.AddField(
            model_name="helprequest",
            name="case",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.CASCADE, related_name="help_requests", to="cases.case"
            ),
        ),
        migrations.AddField(
            model_name="mention",
            name="case",
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="cases.case"),
        ),
        migrations.AddField(
            model_name="mention",
            name="note",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="mentions", to="cases.note"
            ),
        ),
        migrations.AddField(
            model_name="responseclock",
            name="case",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="clocks", to="cases.case"
            ),
        ),
        migrations.AddField(
            model_name="clockevent",
            name="clock",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="steps", to="cases.responseclock"
            ),
        ),
        migrations.AddField(
            model_name="taskattempt",
            name="task",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="attempts", to="cases.task"
            ),
        ),
        migrations.AddConstraint(
            model_name="teampolicy",
            constraint=models.UniqueConstraint(fields=("centre_id", "number"), name="team_policy_number"),
        ),
        migrations.AddIndex(
            model_name="helprequest",
            index=models.Index(
                condition=models.Q(("state", "open")), fields=["centre_id", "asked_at"], name="help_open"
            ),
        ),
        migrations.AddIndex(
            model_name="helprequest",
            index=models.Index(fields=["centre_id", "-asked_at"], name="help_of_centre"),
        ),
        migrations.AddConstraint(
            model_name="helprequest",
            constraint=models.UniqueConstraint(fields=("trigger", "subject_id"), name="help_once_per_trigger"),
        ),
        migrations.AddIndex(
            model_name="mention",
            index=models.Index(condition=models.Q(("read_at", None)), fields=["user_id"], name="mention_unread"),
        ),
        migrations.AddConstraint(
            model_name="mention",
            constraint=models.UniqueConstraint(fields=("note", "user_id"), name="mention_once"),
        ),
        migrations.AddIndex(
            model_name="responseclock",
            index=models.Index(
                condition=models.Q(("stopped_at", None)), fields=["centre_id", "due_at"], name="clock_running"
            ),
        ),
        migrations.AddIndex(
            model_name="responseclock",
            index=models.Index(fields=["centre_id", "stopped_at"], name="clock_stopped"),
        ),
        migrations.AddConstraint(
            model_name="responseclock",
            constraint=models.UniqueConstraint(fields=("case", "kind", "number"), name="clock_once"),
        ),
        migrations.AddIndex(
            model_name="clockevent",
            index=models.Index(fields=["clock", "at"], name="step_of_clock"),
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
