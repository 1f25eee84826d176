"""Checks of what goes out to consumers: SMS and mail."""

from __future__ import annotations

import psycopg

from caasis.config.doctor.registry import OK, PROBLEM, WARN, Finding, Situation, check


@check("SMS")
def texts(situation: Situation) -> Finding:
    """What `sms.toml` says can be used, and texts go out."""
    from caasis.channels.sms.opening import FILE, read_setup
    from caasis.platform.settings_file import BadSettings

    try:
        setup = read_setup(situation.home.path)
    except BadSettings as error:
        return Finding(PROBLEM, str(error), "docs/operations.md の「SMS」を見てください。")
    if setup is None:
        return Finding(OK, f"使っていません（{FILE} がありません）。")
    return _sent(situation, "channels_text_message", "SMS", setup.portal)


@check("メール")
def mails(situation: Situation) -> Finding:
    """What `mail.toml` says can be used, and mails go out."""
    from caasis.channels.mail.opening import FILE, read_setup
    from caasis.platform.settings_file import BadSettings

    try:
        setup = read_setup(situation.home.path)
    except BadSettings as error:
        return Finding(PROBLEM, str(error), "docs/operations.md の「Mail」を見てください。")
    if setup is None:
        return Finding(OK, f"使っていません（{FILE} がありません）。")
    return _sent(situation, "channels_mail_message", "メール", setup.portal)


def _sent(situation: Situation, table: str, what: str, portal: str) -> Finding:
    failed = _failed_within_a_day(situation, table)
    if failed:
        return Finding(WARN, f"この1日に、送れなかった{what}が{failed}件あります。", f"{situation.home.log}/jobs.logを見てください。")
    return Finding(OK, f"送れます（案内するサイト：{portal}）。")


def _failed_within_a_day(situation: Situation, table: str) -> int:
    with psycopg.connect(situation.need_database().application, connect_timeout=5) as connection:
        row = connection.execute(
            "SELECT to_regclass(%s) IS NOT NULL, set_config('caasis.scope', 'system', true)", [f"public.{table}"]
        ).fetchone()
        if not (row and row[0]):
            return 0
        # `table` is one of the two names above.
        row = connection.execute(
            f"SELECT count(*) FROM {table} WHERE state IN ('failed', 'unknown')"  # noqa: S608
            " AND created_at > now() - interval '1 day'"
        ).fetchone()
        return int(row[0]) if row else 0
