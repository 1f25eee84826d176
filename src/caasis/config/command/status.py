"""``caasis status``: what runs."""

import json
import sys
from dataclasses import asdict

import click

NOT_RUNNING = 3
"""Exit code for "not running", as the Linux Standard Base has it for service scripts."""

LABELS = {
    "RUNNING": "動作中",
    "STARTING": "起動中",
    "BACKOFF": "再起動待ち",
    "STOPPING": "停止中",
    "STOPPED": "停止",
    "EXITED": "終了",
    "FATAL": "起動できない",
}


@click.command("status")
@click.option("--json", "as_json", is_flag=True, help="JSONで出力します。")
def command(as_json: bool) -> None:
    """動いているプロセスを一覧にします。全部が動いていれば終了コードは0です。"""
    from caasis.config.supervision.home import current_home
    from caasis.config.supervision.lock import is_held, read_holder
    from caasis.config.supervision.readiness import program_states
    from caasis.config.supervision.remote import SupervisorUnreachable

    home = current_home()
    holder = read_holder(home.lock) if is_held(home.lock) else None
    try:
        programs = program_states(home) if holder else []
    except SupervisorUnreachable:
        programs = []
    running = bool(programs) and all(program.running for program in programs)
    if as_json:
        shown = {"running": running, "url": holder.url if holder else None, "pid": holder.pid if holder else None}
        click.echo(json.dumps(shown | {"processes": [asdict(program) for program in programs]}, ensure_ascii=False))
    elif holder is None:
        click.echo("動いていません。caasis up で起動します。")
    else:
        click.echo(f"{holder.url}（pid {holder.pid}）")
        for program in programs:
            label = LABELS.get(program.state, program.state)
            since = f"{program.seconds // 3600}時間{program.seconds // 60 % 60}分{program.seconds % 60}秒"
            click.echo(f"  {program.name:<10} {label}" + (f"  pid {program.pid}  {since}" if program.running else ""))
    sys.exit(0 if running else NOT_RUNNING)
