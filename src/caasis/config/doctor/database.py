"""Checks of the database: reachable, roles, migrations."""

import psycopg

from caasis.config.doctor.registry import OK, PROBLEM, WARN, Finding, Situation, check

MINIMUM_VERSION = 180000
"""``uuidv7()`` came with PostgreSQL 18."""


@check("データベース")
def database_reachable(situation: Situation) -> Finding:
    """The database answers and is new enough."""
    found = situation.addresses
    if found is None:
        return Finding(WARN, "データベースはまだありません。", "caasis up を実行すると作られます。")
    if not situation.reachable:
        if not found.embedded:
            return Finding(PROBLEM, "つながりません。", "DATABASE_URLとサーバーを確かめてください。")
        log = situation.home.log / "postgres.log"
        return Finding(
            PROBLEM, "動いていません。", f"caasis up を実行してください。動かないときは{log}を見てください。"
        )
    with psycopg.connect(found.application, connect_timeout=5) as connection:
        version = connection.info.server_version
    text = f"PostgreSQL {version // 10000}.{version % 10000}（{'内蔵' if found.embedded else '外部'}）です。"
    if version < MINIMUM_VERSION:
        return Finding(PROBLEM, text, "PostgreSQL 18以上のサーバーを指定してください。")
    return Finding(OK, text)


@check("データベースの役割")
def roles_right(situation: Situation) -> Finding:
    """Row-level security binds the application: it is no superuser, bypasses nothing and owns no table."""
    found = situation.need_database()
    with psycopg.connect(found.application, connect_timeout=5) as connection:
        row = connection.execute(
            "SELECT current_user, rolsuper OR rolbypassrls OR rolcreaterole,"
            " (SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            "   WHERE n.nspname = 'public' AND pg_has_role(current_user, c.relowner, 'MEMBER'))"
            " FROM pg_roles WHERE rolname = current_user"
        ).fetchone()
    if row is None:
        return Finding(PROBLEM, "役割を読めません。", "DATABASE_URLの利用者を確かめてください。")
    name, mighty, owned = row
    if mighty:
        return Finding(PROBLEM, f"{name}の権限が強すぎます。", "管理者でない役割をDATABASE_URLに指定してください。")
    if owned:
        return Finding(
            PROBLEM,
            f"{name}は表の持ち主（{owned}件）です。",
            "DATABASE_URLとDATABASE_OWNER_URLを別の役割にしてください。",
        )
    return Finding(OK, f"{name}は管理者でも表の持ち主でもありません。")


@check("表の版")
def migrations_applied(situation: Situation) -> Finding:
    """Every migration of this version is applied."""
    situation.need_database()
    from caasis.config.bootstrap import start_django

    start_django()
    from django.db import connections
    from django.db.migrations.executor import MigrationExecutor

    connection = connections["owner"]
    try:
        executor = MigrationExecutor(connection)
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    finally:
        connection.close()
    if missing:
        return Finding(PROBLEM, f"表が古いままです（{len(missing)}件）。", "caasis migrate を実行してください。")
    return Finding(OK, "表は最新です。")
