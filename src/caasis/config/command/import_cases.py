"""``caasis import-cases``: registered cases from a CSV file."""

from __future__ import annotations

import sys
from pathlib import Path

import click


@click.command("import-cases")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="確かめるだけで、書き込みません。")
@click.option("--all-or-nothing", is_flag=True, help="1行でも受け取れなければ、何も書き込みません。")
@click.option(
    "--rejected", type=click.Path(dir_okay=False, path_type=Path), default=None, help="受け取れない行を書くファイル。"
)
def command(file: Path, dry_run: bool, all_or_nothing: bool, rejected: Path | None) -> None:
    """CSV（UTF-8かShift_JIS）の相談を登録します。列の並びは docs/import.md にあります。"""
    from caasis.config.bootstrap import start_django

    start_django()

    from tqdm import tqdm

    from caasis.cases.services import importing
    from caasis.kernel.actor import SYSTEM
    from caasis.kernel.errors import Invalid

    try:
        text = importing.read_text(file)
        total = max(text.count("\n") - 1, 0)
        report = importing.ImportReport()
        with tqdm(
            total=total, desc="確かめています" if dry_run else "取り込んでいます", unit="行", disable=None
        ) as bar:
            for report in importing.import_cases(text, actor=SYSTEM, dry_run=dry_run, all_or_nothing=all_or_nothing):
                bar.update(report.accepted + report.known + len(report.rejected) - bar.n)
    except Invalid as error:
        raise click.ClickException(error.message) from error
    for one in report.rejected[:20]:
        click.echo(f"{one.line}行目（{one.receipt_number or '番号なし'}）：{one.reason}", err=True)
    if len(report.rejected) > 20:
        click.echo(f"ほか{len(report.rejected) - 20}行。--rejected で全部をファイルに書けます。", err=True)
    if rejected is not None:
        with rejected.open("w", encoding="utf-8-sig", newline="") as out:
            importing.write_rejected(out, report.rejected)
    verb = "受け取れます" if dry_run else "登録しました"
    click.echo(
        f"{report.accepted if dry_run else report.written:,}件を{verb}。登録済み{report.known:,}件、受け取れない行{len(report.rejected):,}件。"
    )
    sys.exit(1 if report.rejected else 0)
