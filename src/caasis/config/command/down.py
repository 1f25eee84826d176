"""``caasis down``: end the ``caasis up`` of this home from elsewhere."""

import contextlib
import os
import signal
import sys
import time

import click

PATIENCE = 200.0


@click.command("down")
def command() -> None:
    """動いている caasis up を終わらせ、終わるまで待ちます。"""
    from caasis.config.supervision.home import current_home
    from caasis.config.supervision.lock import is_held, read_holder

    home = current_home()
    if not is_held(home.lock):
        click.echo("動いていません。")
        return
    holder = read_holder(home.lock)
    if holder is not None:
        # When "up" itself was killed, its supervisor is ending already and only holds the lock a little longer.
        with contextlib.suppress(ProcessLookupError):
            os.kill(holder.pid, signal.SIGTERM)
    deadline = time.monotonic() + PATIENCE
    while is_held(home.lock):
        if time.monotonic() > deadline:
            click.echo("まだ終わりません。caasis status で確かめてください。", err=True)
            sys.exit(1)
        time.sleep(0.1)
    click.echo("終了しました。")
