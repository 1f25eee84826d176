"""``caasis backup``: database, files and keys together."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("backup")
@click.argument("target", type=click.Path(path_type=Path))
def command(target: Path) -> None:
    """動いたままバックアップを作ります。鍵は CAASIS_BACKUP_PASSPHRASE の合言葉で封じます。"""
    from caasis.config.bootstrap import start_django

    home = start_django()

    import os

    from caasis.config.secrets import read_secret
    from caasis.config.version import VERSION
    from caasis.platform.backup.archive import BackupProblem, make_backup

    passphrase = read_secret("CAASIS_BACKUP_PASSPHRASE")
    if not passphrase:
        click.echo("注意：合言葉がないので、鍵を封じずに入れます。この控えは金庫に置いてください。", err=True)
    try:
        manifest = make_backup(
            home=home.path,
            owner_url=os.environ["DATABASE_OWNER_URL"],
            target=target.absolute(),
            version=VERSION,
            passphrase=passphrase,
            say=lambda text: click.echo(f"{text}…", err=True),
        )
    except BackupProblem as problem:
        raise click.ClickException(str(problem)) from problem
    rows = sum(entry["rows"] for entry in manifest.tables.values())
    click.echo(f"バックアップを作りました（表{len(manifest.tables)}、{rows:,}行、ファイル{len(manifest.files):,}件）。")
