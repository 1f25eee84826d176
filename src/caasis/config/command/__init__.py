"""The ``caasis`` command. Each sub-command is one module of this package and exposes ``command``.

A module is imported only when its sub-command is asked for or listed, and imports Django inside its functions, so that
``caasis --help`` answers at once. A new sub-command is a new file: ``import_cases.py`` becomes ``caasis import-cases``.
"""

import importlib
import pkgutil

import click


class Commands(click.Group):
    """The sub-commands found beside this file."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all sub-commands, without importing them."""
        names = (module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_"))
        return sorted(name.replace("_", "-") for name in names)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the module of one sub-command."""
        if cmd_name not in self.list_commands(ctx):
            return None
        module = importlib.import_module(f"{__name__}.{cmd_name.replace('-', '_')}")
        command: click.Command = module.command
        return command


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """相談支援統合情報システムを動かし、管理します。

    データは CAASIS_HOME（既定は ./var）に置き、画面は CAASIS_PORT（既定は 8000）で開きます。
    """
