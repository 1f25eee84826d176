"""``caasis restore``: bring a backup back."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("restore")
@click.argument("source", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--replace", is_flag=True, help="いまあるデータを消して置きかえます。")
def command(source: Path, replace: bool) -> None:
    """バックアップを戻します。caasis up を止めてから実行してください。"""
    from caasis.config.bootstrap import embedded_addresses, external_addresses
    from caasis.config.secrets import read_secret
    from caasis.config.supervision.home import current_home
    from caasis.config.supervision.lock import is_held
    from caasis.platform.backup.archive import BackupProblem
    from caasis.platform.backup.restoring import restore_backup
    from caasis.platform.database import DatabaseProblem, EmbeddedCluster

    home = current_home()
    if is_held(home.lock):
        raise click.ClickException("caasis up が動いています。caasis down で止めてから実行してください。")
    home.prepare()
    found = external_addresses()
    cluster = None
    try:
        if found is None:
            cluster = EmbeddedCluster(home.path)
            cluster.prepare()
            cluster.start()
            cluster.wait_ready()
            cluster.ensure_roles_and_database()
            found = embedded_addresses(cluster)
        manifest = restore_backup(
            home=home.path,
            owner_url=found.owner,
            source=source.absolute(),
            passphrase=read_secret("CAASIS_BACKUP_PASSPHRASE"),
            replace=replace,
            say=lambda text: click.echo(f"{text}…", err=True),
        )
        forgotten = _settle()
    except (BackupProblem, DatabaseProblem) as problem:
        raise click.ClickException(str(problem)) from problem
    finally:
        if cluster is not None:
            cluster.stop()
    rows = sum(entry["rows"] for entry in manifest.tables.values())
    click.echo(f"{manifest.made_at} のバックアップを戻しました（{rows:,}行、内容は同じです）。")
    if forgotten:
        click.echo(f"バックアップの後に消去された{forgotten}件の記録を、もう一度消去しました。")


def _settle() -> int:
    """What needs the restored data: erase again what was erased since, and note the restore beside the audit chain."""
    from caasis.config.bootstrap import start_django

    start_django()

    from caasis.audit.sealer import note_restore
    from caasis.privacy.erasure import erase_again_after_restore

    forgotten = erase_again_after_restore()
    note_restore()
    return forgotten
