"""Checks of what runs: the supervised processes, the relay, the search index."""

import psycopg

from caasis.config.doctor.registry import OK, PROBLEM, WARN, Finding, Situation, check
from caasis.config.supervision.readiness import program_states
from caasis.config.supervision.remote import SupervisorUnreachable

SLOW_SECONDS = 10
STUCK_SECONDS = 120
FAR_BEHIND = 1000
"""Events; the indexer takes them in batches, so that some are always on their way."""


@check("プロセス")
def children_running(situation: Situation) -> Finding:
    """Every supervised process runs."""
    if situation.holder is None:
        return Finding(WARN, "caasis up は動いていません。", "caasis up を実行してください。")
    try:
        programs = program_states(situation.home)
    except SupervisorUnreachable:
        return Finding(PROBLEM, "プロセスの監視が応答しません。", "caasis down のあと、caasis up を実行してください。")
    starting = [each.name for each in programs if each.state == "STARTING"]
    bad = [each.name for each in programs if not each.running and each.state != "STARTING"]
    if bad:
        logs = "、".join(f"{name}.log" for name in bad)
        return Finding(PROBLEM, f"動いていません：{'、'.join(bad)}。", f"{situation.home.log}の{logs}を見てください。")
    if starting:
        return Finding(
            WARN, f"起動している途中です：{'、'.join(starting)}。", "10秒ほど待って、もう一度調べてください。"
        )
    return Finding(OK, f"{len(programs)}個とも動いています。")


@check("出来事の配達")
def relay_lag(situation: Situation) -> Finding:
    """Committed events are numbered and delivered soon; none was given up."""
    found = situation.need_database()
    with psycopg.connect(found.application, connect_timeout=5) as connection:
        if not _exists(connection, "platform_outbox"):
            return Finding(WARN, "表がまだありません。", "caasis migrate を実行してください。")
        row = connection.execute(
            "SELECT count(*), coalesce(extract(epoch FROM max(now() - created_at)), 0)::float"
            " FROM platform_outbox WHERE position IS NULL"
        ).fetchone()
        letters = connection.execute("SELECT count(*) FROM platform_dead_letter WHERE resolved_at IS NULL").fetchone()
        # Readers with a node's name are other machines' business: one that was taken away would be late for ever.
        behind = connection.execute(
            "SELECT c.consumer, extract(epoch FROM now() - first.created_at)::float FROM platform_consumer_cursor c"
            " CROSS JOIN LATERAL (SELECT o.created_at FROM platform_outbox o WHERE o.position > c.position"
            "   ORDER BY o.position LIMIT 1) first"
            " WHERE c.node = '' AND now() - first.created_at > make_interval(secs => %s) ORDER BY 2 DESC LIMIT 1",
            [SLOW_SECONDS],
        ).fetchone()
    waiting, oldest = row or (0, 0.0)
    given_up = letters[0] if letters else 0
    if oldest > SLOW_SECONDS:
        state = PROBLEM if oldest > STUCK_SECONDS else WARN
        return Finding(
            state, f"{waiting}件が{oldest:.0f}秒待っています。", f"{situation.home.log}/relay.logを見てください。"
        )
    if given_up:
        return Finding(
            WARN, f"配達できなかったものが{given_up}件あります。", "管理画面で内容を確かめ、再送してください。"
        )
    if behind is not None:
        state = PROBLEM if behind[1] > STUCK_SECONDS else WARN
        return Finding(state, f"{behind[0]}が{behind[1]:.0f}秒遅れています。", "数分待って、もう一度調べてください。")
    return Finding(OK, "遅れはありません。")


def _exists(connection: psycopg.Connection[tuple[object, ...]], table: str) -> bool:
    row = connection.execute("SELECT to_regclass(%s) IS NOT NULL", [f"public.{table}"]).fetchone()
    return bool(row and row[0])


_TROUBLES = {"read only": "書きこみが許されていません", "full": "空きがありません"}


@check("検索の索引")
def index_present(situation: Situation) -> Finding:
    """The search index of this machine stands and follows the events."""
    from caasis.platform.search.adapters.tantivy.folder import IndexFolder

    found = situation.need_database()
    with psycopg.connect(found.application, connect_timeout=5) as connection:
        if not _exists(connection, "platform_outbox_head"):
            return Finding(WARN, "表がまだありません。", "caasis migrate を実行してください。")
        row = connection.execute("SELECT last_position FROM platform_outbox_head").fetchone()
    head = row[0] if row else 0
    folder = IndexFolder(situation.home.path / "index")
    if trouble := folder.trouble():
        return Finding(PROBLEM, f"索引に書きこめません：{_TROUBLES[trouble]}。", f"{folder.root}を確かめてください。")
    state = folder.state()
    if state is None and head == 0:
        return Finding(OK, "索引に入れるものはまだありません。")
    if state is None or folder.needs_rebuild():
        return Finding(
            PROBLEM,
            "索引がないか、作り直しが必要です。",
            f"作り直しが進まないときは{situation.home.log}/indexer.logを見てください。",
        )
    if not state.complete:
        progress = folder.progress()
        done = "" if progress is None else f"（いま{progress}%）"
        return Finding(WARN, f"索引を作っている途中です{done}。", "数分待って、もう一度調べてください。")
    behind = head - folder.position()
    if behind > FAR_BEHIND:
        return Finding(WARN, f"索引が{behind}件遅れています。", "数分待って、もう一度調べてください。")
    if aside := len(folder.quarantined()):
        return Finding(
            WARN,
            f"索引に入れられなかったものが{aside}件あります。",
            f"{situation.home.log}/indexer.logを見てください。",
        )
    return Finding(OK, "索引は新しい状態です。")
