"""``caasis migrate``: bring the tables up to date, as their owner."""

import os
from typing import Any

import click

# Any fixed number: two nodes that start at once migrate one after the other.
MIGRATION_LOCK = 0x0CAA516
OWNER = "owner"
"""The settings' name of the connection that owns the tables."""


@click.command("migrate")
@click.option("--plan", is_flag=True, help="変更せず、これから行う変更だけを示します。")
def command(plan: bool) -> None:
    """データベースの表を新しい版に合わせます。途中で止めても、もう一度実行できます。"""
    import psycopg

    from caasis.config.bootstrap import start_django

    start_django()

    from django.db import connections
    from django.db.migrations.executor import MigrationExecutor

    connection = connections[OWNER]
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"], autocommit=True) as guard:
        guard.execute("SELECT pg_advisory_lock(%s)", [MIGRATION_LOCK])
        executor = MigrationExecutor(connection)
        todo = executor.migration_plan(executor.loader.graph.leaf_nodes())
        if plan:
            for migration, _ in todo:
                click.echo(f"{migration.app_label}.{migration.name}")
        elif todo:
            _apply(len(todo))
            _write_business_keys()
            click.echo(f"データベースの表を更新しました（{len(todo)}件）。")
        else:
            click.echo("データベースの表は最新です。")
        if not plan:
            _load_what_comes_along()


def _load_what_comes_along() -> None:
    """Articles, translations, phrases and skills that come with the product; what somebody has edited stays as it is."""
    from caasis.kernel.actor import SYSTEM
    from caasis.knowledge.services import load_seed_articles, load_seed_phrases
    from caasis.knowledge.translation_services import load_seed_translations
    from caasis.queues.services import load_seed_skills

    load_seed_articles(actor=SYSTEM)
    load_seed_translations(actor=SYSTEM)
    load_seed_phrases(actor=SYSTEM)
    load_seed_skills(actor=SYSTEM)


def _write_business_keys() -> None:
    """Businesses that were written before there were keys, or by an older release meanwhile, become findable."""
    from caasis.businesses.services import write_missing_keys
    from caasis.platform.transactions import system_transaction

    with system_transaction():
        write_missing_keys()


def _apply(count: int) -> None:
    from django.core.management import call_command
    from django.core.management.commands import migrate
    from tqdm import tqdm

    with tqdm(total=count, desc="表を更新中", unit="件", leave=False, disable=None) as bar:

        class WithProgress(migrate.Command):
            def migration_progress_callback(self, action: str, migration: Any = None, fake: bool = False) -> None:
                if action == "apply_start":
                    bar.set_postfix_str(f"{migration.app_label}.{migration.name}")
                elif action == "apply_success":
                    bar.update()

        call_command(WithProgress(), database=OWNER, interactive=False, verbosity=0)
