"""``caasis export-cases``: registered cases as CSV, without personal data."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("export-cases")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), default=None, help="この日から受け付けた相談だけ。")
@click.option("--labels", is_flag=True, help="コードのかわりに日本語の名前で書きます（読むため）。")
def command(file: Path, since: object, labels: bool) -> None:
    """登録された相談を、個人情報なしでCSVに書き出します。取り込みと同じ並びです。"""
    from caasis.config.bootstrap import start_django

    start_django()

    from datetime import datetime

    from tqdm import tqdm

    from caasis.audit.services import record_access
    from caasis.cases.services.importing import export_cases
    from caasis.kernel.actor import SYSTEM, Purpose
    from caasis.kernel.clock import JST
    from caasis.platform.transactions import system_transaction

    start = since.replace(tzinfo=JST) if isinstance(since, datetime) else None
    temporary = file.with_name(file.name + ".part")
    count = 0
    try:
        with (
            system_transaction(),
            temporary.open("w", encoding="utf-8-sig", newline="") as out,
            tqdm(desc="書き出しています", unit="件", disable=None) as bar,
        ):
            for count in export_cases(out, actor=SYSTEM, since=start, codes=not labels):
                bar.update(count - bar.n)
            record_access(
                actor=SYSTEM, action="export_cases", object_kind="case", object_id=None, purpose=Purpose.IMPORT_EXPORT
            )
        temporary.replace(file)
    finally:
        # A stopped export leaves nothing behind that could be taken for a whole one.
        temporary.unlink(missing_ok=True)
    click.echo(f"{count:,}件を書き出しました。")
