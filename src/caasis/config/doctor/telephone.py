"""Checks of the telephone: settings, engine, lines, what waits to be sent to it."""

import os

import psycopg

from caasis.config.doctor.registry import OK, PROBLEM, WARN, Finding, Situation, check

#: Orders go to the engine within a fraction of a second; so old a one was never sent.
STUCK_SECONDS = 30


@check("電話")
def telephone(situation: Situation) -> Finding:
    """Our own engine answers, its lines are up, and the switchboard keeps up with it."""
    from caasis.platform.settings_file import BadSettings
    from caasis.telephony.adapters.embedded.client import EmbeddedEngine
    from caasis.telephony.adapters.embedded.settings import read_settings
    from caasis.telephony.ports import EngineUnreachable

    wanted = os.environ.get("CAASIS_TELEPHONE", "")
    try:
        settings = read_settings(situation.home.path)
    except BadSettings as error:
        return Finding(PROBLEM, str(error), "docs/operations.md の「The telephone」を見てください。")
    if wanted in ("", "embedded") and (wanted or settings.socket.exists()):
        engine = EmbeddedEngine(settings.socket)
        try:
            now = engine.snapshot()
        except EngineUnreachable:
            log = f"{situation.home.log}/telephone.log"
            return Finding(PROBLEM, "電話エンジンが応答しません。", f"{log}を見て、caasis up をやり直してください。")
        finally:
            engine.close()
        if down := sorted(set(settings.trunks) - set(now.trunks)):
            return Finding(WARN, f"つながっていない回線：{'、'.join(down)}。", "telephone.toml と回線の会社に確かめてください。")
        told = f"電話機{len(now.users)}台、回線{len(now.trunks)}本、話している電話{len(now.legs)}本。"
    elif not wanted:
        return Finding(OK, "使っていません（CAASIS_TELEPHONE）。")
    else:
        told = "外の電話エンジンを使っています。"
    if stuck := _stuck(situation):
        return Finding(
            PROBLEM, f"電話エンジンへの指示が{stuck}件、送られていません。", f"{situation.home.log}/switchboard.logを見てください。"
        )
    return Finding(OK, told)


def _stuck(situation: Situation) -> int:
    """How many orders were committed and never sent."""
    with psycopg.connect(situation.need_database().application, connect_timeout=5) as connection:
        # Orders lie behind the wall: the system's scope alone sees them.
        row = connection.execute(
            "SELECT to_regclass('public.telephony_order') IS NOT NULL, set_config('caasis.scope', 'system', true)"
        ).fetchone()
        if not row or not row[0]:
            return 0
        row = connection.execute(
            "SELECT count(*) FROM telephony_order WHERE sent_at IS NULL AND answered_at IS NULL"
            " AND created_at < now() - make_interval(secs => %s)",
            [STUCK_SECONDS],
        ).fetchone()
        return row[0] if row else 0
