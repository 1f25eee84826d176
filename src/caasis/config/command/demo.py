"""``caasis demo``: everything, with the twin town in it."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from caasis.config.supervision.session import Session


@click.command("demo")
@click.option("--cases", type=click.IntRange(1, 1_000_000), default=None, help="双子の町の相談の件数。")
@click.option("--tls", is_flag=True, help="HTTPSで開きます（パスキーを試すときに使います）。")
def command(cases: int | None, tls: bool) -> None:
    """見本の町を入れて起動します。利用者とパスワードは CAASIS_HOME/demo-accounts.json に書きます。"""
    from caasis.config.command.twin import DEMO_CASES
    from caasis.config.command.up import serving_from
    from caasis.config.supervision.home import current_home
    from caasis.config.supervision.session import Session
    from caasis.twin.texts import write_providers

    if not tls:
        # Browsers take passkeys on http://localhost; the library wants to be told that this is meant.
        os.environ.setdefault("CAASIS_ALLOW_INSECURE_PASSKEYS", "1")
    home = current_home()
    # The first to write here: as closed as `caasis up` makes it.
    home.path.mkdir(mode=0o700, parents=True, exist_ok=True)
    telephone = prepare_telephone(home.path)
    count = str(cases or DEMO_CASES)

    def people(session: Session) -> None:
        session.run_command("twin", "seed", "--people-only", "--cases", count)

    def town(session: Session) -> None:
        session.run_command("twin", "seed", "--demo", "--cases", count)
        click.echo("見本の町ができました。")
        if telephone:
            click.echo(
                f"電話は {telephone} で待っています。電話機の名前とパスワードは telephone/telephone.toml にあります。"
            )

    serving = serving_from(home.path, tls=tls, cert=None, key=None)
    write_providers(home.path, serving.url)
    sys.exit(Session(home, serving, before_start=people, after_start=town).run())


def prepare_telephone(home: Path) -> str:
    """Have the telephone engine run in this demo, with phones of its own; where it listens, "" when it can't."""
    from caasis.config.processes import OWN_ENGINE
    from caasis.platform.settings_file import BadSettings
    from caasis.telephony.adapters.embedded.settings import FILE, read_settings
    from caasis.twin.phones import write_phones

    if "CAASIS_TELEPHONE" in os.environ:
        return ""
    write_phones(home / "telephone" / FILE)
    try:
        settings = read_settings(home)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.bind((settings.host, settings.port))
    except (BadSettings, OSError) as error:
        click.echo(f"電話は動かしません: {error}", err=True)
        return ""
    os.environ["CAASIS_TELEPHONE"] = OWN_ENGINE
    return f"{settings.told_address}:{settings.port}"
