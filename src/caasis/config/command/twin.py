"""``caasis twin``: the digital-twin town."""

from __future__ import annotations

import os
from pathlib import Path

import click

#: The demo's town: enough for every chart, written in seconds.
DEMO_SEED, DEMO_CASES, DEMO_MONTHS = 7, 8000, 26
WAITING = 6
#: Processes that write: one a core, and no more than the database can take in.
WRITERS = min(4, os.cpu_count() or 1)


@click.group("twin")
def command() -> None:
    """実在しない町（双子の町）を作ります。名前・電話・会社は、すべて架空です。"""


@command.command("seed")
@click.option(
    "--cases", "count", type=click.IntRange(1, 5_000_000), default=DEMO_CASES, show_default=True, help="相談の件数。"
)
@click.option(
    "--seed", type=click.IntRange(0, 2**31), default=DEMO_SEED, show_default=True, help="同じ数なら同じ町になります。"
)
@click.option("--months", type=click.IntRange(3, 240), default=DEMO_MONTHS, show_default=True, help="何か月分か。")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), default=None, help="最後の日（既定はきのう）。")
@click.option(
    "--truth",
    type=click.Path(dir_okay=False, path_type=Path),
    default=None,
    help="仕込んだ急増と新しい手口を書くファイル。",
)
@click.option("--people-only", is_flag=True, help="センターと職員、見本の利用者だけを作ります。")
@click.option("--demo", is_flag=True, help="見本の利用者を席につけ、待っているWeb相談も入れます。")
def seed_command(
    count: int, seed: int, months: int, until: object, truth: Path | None, people_only: bool, demo: bool
) -> None:
    """町を作って書き込みます。もう一度実行しても、同じ相談は増えません。"""
    from caasis.config.bootstrap import start_django

    home = start_django()

    import time
    from datetime import datetime

    from django.utils import timezone
    from tqdm import tqdm

    from caasis.kernel.clock import day_in_japan
    from caasis.twin import demo as demo_people
    from caasis.twin import seeding
    from caasis.twin.between import send_referrals
    from caasis.twin.education import add_education
    from caasis.twin.matters import add_matters
    from caasis.twin.mediations import add_mediations
    from caasis.twin.people import show_people
    from caasis.twin.surveys import add_survey
    from caasis.twin.telephone import add_telephone
    from caasis.twin.watching import add_watch

    last = until.date() if isinstance(until, datetime) else seeding.default_until(day_in_japan(timezone.now()))
    accounts = home.path / "demo-accounts.json"

    def seat(seeded: seeding.Seeded) -> None:
        if demo or people_only:
            demo_people.ensure_accounts(accounts, seeded)
            demo_people.seat_at_home(seeded)

    if people_only:
        seeded = seeding.write_people(seeding.plan(seed=seed, count=count, months=months, until=last))
        seat(seeded)
        click.echo(f"見本の利用者を {accounts.name} に書きました。")
        return
    began = time.monotonic()
    with tqdm(total=count, desc="町を作っています", unit="件", disable=None) as bar:

        def progress(what: str, done: int, total: int) -> None:
            bar.update(done - bar.n)

        seeded = seeding.seed_town(
            seed=seed,
            count=count,
            months=months,
            until=last,
            truth_file=truth or home.path / "twin-truth.json",
            progress=progress,
            seat=seat,
            writers=WRITERS,
        )
    seconds = time.monotonic() - began
    if demo:
        sent = demo_people.send_consultations(WAITING, seeded)
        demo_people.book_times(seeded)
        demo_people.load_demo_alerts()
        show_people(seeded)
        add_mediations(seeded)
        add_matters(seeded)
        add_education(seeded)
        add_watch(seeded)
        add_survey(seeded)
        together = demo_people.work_together(seeded)
        if together:
            click.echo(f"支援の要請や予定の見本を{together}件の相談に入れました。")
        demo_people.keep_searches()
        click.echo(f"待っているWeb相談を{sent}件入れました。")
        if add_telephone(seeded):
            click.echo("電話番号と自動応答の見本を入れました。")
        between = send_referrals(seeded)
        click.echo(f"ほかのセンターからの連絡を{between}件入れました。")
    click.echo(f"{seeded.cases:,}件を書きました（{seconds:.1f}秒、毎秒{seeded.cases / max(seconds, 0.001):,.0f}件）。")
