"""``caasis upgrade``: move the data to the server's major version, then bring the tables up to date."""

from __future__ import annotations

import click


@click.command("upgrade")
def command() -> None:
    """データを、いまの版のデータベースに移します。前のデータは data.番号 の名前で残します。"""
    from caasis.config.bootstrap import external_addresses
    from caasis.config.supervision.home import current_home
    from caasis.config.supervision.lock import is_held
    from caasis.platform.database import DatabaseProblem, EmbeddedCluster
    from caasis.platform.database.upgrade import upgrade_cluster

    home = current_home()
    if external_addresses() is not None:
        raise click.ClickException("外のデータベース（DATABASE_URL）の版は、その管理者が上げてください。")
    if is_held(home.lock):
        raise click.ClickException("caasis up が動いています。caasis down で止めてから実行してください。")
    if not EmbeddedCluster.exists(home.path):
        raise click.ClickException("まだデータがありません。先に caasis up を実行してください。")
    try:
        moved = upgrade_cluster(EmbeddedCluster(home.path), lambda text: click.echo(f"{text}…", err=True))
    except DatabaseProblem as problem:
        raise click.ClickException(str(problem)) from problem
    if moved is None:
        click.echo("データベースの版は最新です。表の変更は、次の caasis up が行います。")
    else:
        click.echo(f"PostgreSQL {moved[0]} から {moved[1]} に移しました。表の変更は、次の caasis up が行います。")
