"""URLs of working together: 予定, help, response clocks, mentions, absences, the centre's policy."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from caasis.desk.views import team, team_help, team_policy, team_tasks

_CASE = "cases/<uuid:case_id>/"
_TASK = "tasks/<uuid:task_id>/"
_HELP = "help/<uuid:help_id>/"

urlpatterns: list[URLPattern | URLResolver] = [
    path("team/notice", team.notice, name="team-notice"),
    path("team/home", team.home_part, name="team-home"),
    path("team/policy", team_policy.policy, name="team-policy"),
    path("mentions/<uuid:mention_id>/open", team.open_mention, name="mention-open"),
    path("tasks/", team_tasks.tasks, name="tasks"),
    path(_TASK, team_tasks.task_page, name="task"),
    path(f"{_TASK}finish", team_tasks.finish, name="task-finish"),
    path(f"{_TASK}reopen", team_tasks.reopen, name="task-reopen"),
    path(f"{_TASK}attempt", team_tasks.attempt, name="task-attempt"),
    path(f"{_TASK}snooze", team_tasks.snooze, name="task-snooze"),
    path(f"{_TASK}back", team_tasks.back, name="task-back"),
    path(f"{_TASK}give", team_tasks.give, name="task-give"),
    path("absences/enter", team_tasks.absence_enter, name="absence-enter"),
    path("absences/<uuid:absence_id>/remove", team_tasks.absence_remove, name="absence-remove"),
    path("help/", team_help.help_list, name="help"),
    path(_HELP, team_help.help_page, name="help-one"),
    path(f"{_HELP}answer", team_help.answer, name="help-answer"),
    path(f"{_HELP}take", team_help.take, name="help-take"),
    path(f"{_HELP}decline", team_help.decline, name="help-decline"),
    path(f"{_HELP}withdraw", team_help.withdraw, name="help-withdraw"),
    path(f"{_CASE}help", team_help.ask, name="case-help"),
    path(f"{_CASE}wait", team.wait, name="case-wait"),
    path(f"{_CASE}go-on", team.go_on, name="case-go-on"),
]
