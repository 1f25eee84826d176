"""``caasis audit``: the access log's seals."""

import json
import sys
from dataclasses import asdict

import click


@click.group("audit")
def command() -> None:
    """アクセス記録の封を調べます。"""


@command.command("verify")
@click.option("--json", "as_json", is_flag=True, help="JSONで出力します。")
def verify_log(as_json: bool) -> None:
    """アクセス記録が書き換えられていないか、全件を調べます。問題があれば終了コードは1です。"""
    from caasis.config.bootstrap import start_django

    start_django()

    from tqdm import tqdm

    from caasis.audit.models import AccessSeal
    from caasis.audit.verification import MOST_FINDINGS, verify

    total = AccessSeal.objects.count()
    with tqdm(total=total, desc="確認中", unit="束", leave=False, disable=True if as_json else None) as bar:
        report = verify(progress=bar.update)
    if as_json:
        click.echo(json.dumps(asdict(report) | {"ok": report.ok}, ensure_ascii=False, default=str))
    else:
        for finding in report.findings:
            place = "".join(f" {word}{value}" for word, value in (("束", finding.seal), ("行", finding.row)) if value)
            click.echo(f"{click.style('×', fg='red')}{place}：{finding.text}")
        if report.count > MOST_FINDINGS:
            click.echo(f"ほかに{report.count - MOST_FINDINGS}件あります。")
        click.echo(f"{report.rows}件の記録と{report.seals}個の束、{report.anchors}個の控えを調べました。")
        if report.waiting:
            click.echo(f"{report.waiting}件は、これから封をします。")
        if report.restores:
            click.echo(f"バックアップから{report.restores}回戻しています。それより後の記録は失われています。")
        click.echo("問題はありません。" if report.ok else f"問題が{report.count}件あります。")
    sys.exit(0 if report.ok else 1)
