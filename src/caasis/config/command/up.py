"""``caasis up``: run everything."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from caasis.config.supervision.session import Serving

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("up")
@click.option("--tls", is_flag=True, help="HTTPSで開きます。証明書がなければ、この機械用に作ります。")
@click.option("--cert", type=FILE, help="HTTPSの証明書（PEM）。--keyと一緒に指定します。")
@click.option("--key", type=FILE, help="証明書の秘密鍵（PEM）。")
def command(tls: bool, cert: Path | None, key: Path | None) -> None:
    """データベース、画面、裏方の処理を起動します。Ctrl+Cで全部を終わらせます。"""
    from caasis.config.supervision.home import current_home
    from caasis.config.supervision.session import Session

    home = current_home()
    sys.exit(Session(home, serving_from(home.path, tls=tls, cert=cert, key=key)).run())


def serving_from(home: Path, *, tls: bool, cert: Path | None, key: Path | None) -> Serving:
    """Return where to listen, from the options and from CAASIS_PORT and CAASIS_BIND."""
    from caasis.config.supervision import tls as certificates
    from caasis.config.supervision.home import current_port
    from caasis.config.supervision.session import Serving

    if (cert is None) != (key is None):
        raise click.UsageError("--certと--keyは一緒に指定してください。")
    certificate = None
    if cert is not None and key is not None:
        certificate = certificates.given_certificate(cert, key)
    elif tls:
        certificate = certificates.local_certificate(home / "tls")
    return Serving(current_port(), os.environ.get("CAASIS_BIND") or "127.0.0.1", certificate)
