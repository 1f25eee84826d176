"""The key ring of an installation: made with the first start, never silently made anew."""

from pathlib import Path

import click
import psycopg


def ensure(home: Path, owner_address: str) -> None:
    """Make the key ring of a new installation.

    A database with tables but without its keys is a lost or half-restored installation: new keys would let it write
    records that the old keys, once found, can't open, so this stops instead.
    """
    from caasis.platform.crypto.keyring import create_keyring, keyring_path

    if keyring_path(home).is_file():
        return
    with psycopg.connect(owner_address) as connection:
        row = connection.execute("SELECT to_regclass('public.django_migrations') IS NOT NULL").fetchone()
    if row is not None and row[0]:
        raise click.ClickException(
            f"データはありますが、鍵がありません。バックアップから戻してください。\n{keyring_path(home)}"
        )
    create_keyring(home)
