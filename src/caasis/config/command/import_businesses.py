"""``caasis import-businesses``: the corporate-number register from its CSV file."""

from __future__ import annotations

import csv
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from caasis.businesses.services.importing import RejectedLine


@click.command("import-businesses")
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--rejected", type=click.Path(dir_okay=False, path_type=Path), default=None, help="受け取れない行を書くファイル。"
)
@click.option("--no-guess", is_flag=True, help="フリガナのない名前の読みを辞書で補いません（速くなります）。")
@click.option("--afresh", is_flag=True, help="途中で止まった取り込みの続きではなく、はじめから読みます。")
@click.option("--rebuild-keys", is_flag=True, help="検索の手がかりがない事業者に、手がかりを作ります。")
def command(file: Path | None, rejected: Path | None, no_guess: bool, afresh: bool, rebuild_keys: bool) -> None:
    """法人番号公表サイトの基本3情報CSV（UTF-8かShift_JIS）を取り込みます。

    途中で止めても、同じファイルでもう一度実行すると、続きから取り込みます。
    """
    from caasis.config.bootstrap import start_django

    start_django()

    from tqdm import tqdm

    from caasis.businesses.services import importing, write_missing_keys
    from caasis.kernel.actor import SYSTEM
    from caasis.kernel.errors import Invalid
    from caasis.platform.transactions import system_transaction

    if file is None and not rebuild_keys:
        raise click.UsageError("取り込むファイルを指定してください。")
    if rebuild_keys:
        with system_transaction():
            done = write_missing_keys()
            importing.count_keys()
        click.echo(f"{done:,}件の事業者に、検索の手がかりを作りました。")
        if file is None:
            return
    assert file is not None
    progress = importing.Progress(file.stat().st_size)
    try:
        with ExitStack() as opened:
            write = None
            if rejected is not None:
                # An import that goes on keeps the lines that were rejected before it stopped.
                out = opened.enter_context(
                    rejected.open("a", encoding="utf-8-sig" if not rejected.exists() else "utf-8", newline="")
                )
                rows = csv.writer(out)

                def write(one: RejectedLine) -> None:
                    rows.writerow([one.line, one.reason])

            bar = opened.enter_context(
                tqdm(total=progress.total, desc="取り込んでいます", unit="B", unit_scale=True, disable=None)
            )
            for progress in importing.import_register(
                file, actor=SYSTEM, on_rejected=write, guess_readings=not no_guess, afresh=afresh
            ):
                bar.update(progress.position - bar.n)
                bar.set_postfix_str(f"{progress.lines:,}行")
        importing.analyse_tables()
    except Invalid as error:
        raise click.ClickException(error.message) from error
    if progress.begun_at_line:
        click.echo(f"{progress.begun_at_line:,}行目までは取り込み済みでした。その続きから取り込みました。")
    for one in progress.first_rejected:
        click.echo(f"{one.line}行目：{one.reason}", err=True)
    if progress.rejected > len(progress.first_rejected):
        click.echo(
            f"受け取れない行はほかにもあります（全部で{progress.rejected:,}行）。--rejected で全部をファイルに書けます。",
            err=True,
        )
    click.echo(
        f"{progress.lines:,}行を読みました。新しい事業者{progress.added:,}件、変わった事業者{progress.changed:,}件、"
        f"同じ{progress.unchanged:,}件、受け取れない行{progress.rejected:,}件。"
    )
    sys.exit(1 if progress.rejected else 0)
