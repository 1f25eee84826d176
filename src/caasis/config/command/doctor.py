"""``caasis doctor``: check the installation and say what to mend."""

import json
import sys
from dataclasses import asdict

import click

MARKS = {"ok": ("○", "green"), "warn": ("△", "yellow"), "problem": ("×", "red")}


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="JSONで出力します。")
def command(as_json: bool) -> None:
    """環境を調べ、直すところを示します。問題があれば終了コードは1です。"""
    from caasis.config.doctor import run_checks

    findings = []
    for name, finding in run_checks():
        findings.append({"name": name} | asdict(finding))
        if not as_json:
            mark, colour = MARKS[finding.state]
            click.echo(f"{click.style(mark, fg=colour)} {name}：{finding.text}")
            if finding.remedy:
                click.echo(f"    → {finding.remedy}")
    problems = sum(each["state"] == "problem" for each in findings)
    if as_json:
        click.echo(json.dumps(findings, ensure_ascii=False))
    else:
        click.echo("問題はありません。" if not problems else f"問題が{problems}件あります。")
    sys.exit(1 if problems else 0)
