"""``caasis manage …``: Django's management commands, with this installation's environment."""

import sys

import click


@click.command("manage", context_settings={"ignore_unknown_options": True, "help_option_names": []})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def command(arguments: tuple[str, ...]) -> None:
    """開発者向け：Djangoの管理コマンドを実行します。"""
    from caasis.config.bootstrap import start_django

    start_django(need_database=False)

    from django.core.management import execute_from_command_line

    execute_from_command_line([sys.argv[0], *arguments])
