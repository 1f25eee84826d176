"""What a check is, and running them all."""

import importlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

import click

from caasis.config import bootstrap
from caasis.config.supervision.home import Home, current_home
from caasis.config.supervision.lock import Holder, is_held, read_holder
from caasis.platform.database import DatabaseProblem

# The order in which the operator reads them: from the machine up.
MODULES = ("machine", "database", "processes", "telephone", "sending")

OK = "ok"
WARN = "warn"
PROBLEM = "problem"


@dataclass(frozen=True)
class Finding:
    """What a check found: ``state`` is one of OK, WARN, PROBLEM; ``remedy`` says what to do about it."""

    state: str
    text: str
    remedy: str = ""


class Unavailable(Exception):
    """The check needs something that isn't there; another check has already said so."""


@dataclass(frozen=True)
class Situation:
    """The installation under examination."""

    home: Home

    @cached_property
    def holder(self) -> Holder | None:
        """The running ``caasis up``, if any."""
        return read_holder(self.home.lock) if is_held(self.home.lock) else None

    @cached_property
    def addresses(self) -> bootstrap.Addresses | None:
        """Where the database is, or None when none was ever made."""
        return bootstrap.addresses(self.home)

    @cached_property
    def reachable(self) -> bool:
        """Whether the database answers."""
        if self.addresses is None:
            return False
        try:
            bootstrap.require_database(self.addresses)
        except click.ClickException:
            return False
        return True

    def need_database(self) -> bootstrap.Addresses:
        """Return the addresses of an answering database, or end the check as not possible."""
        if self.addresses is None or not self.reachable:
            raise Unavailable("データベースにつながらないので、確かめられません")
        return self.addresses


Check = Callable[[Situation], Finding]
CHECKS: dict[str, Check] = {}


def check(name: str) -> Callable[[Check], Check]:
    """Register a check under the name that the operator sees."""

    def register(function: Check) -> Check:
        if name in CHECKS:
            raise ValueError(f"two checks are called {name}")
        CHECKS[name] = function
        return function

    return register


def run_checks(situation: Situation | None = None) -> Iterator[tuple[str, Finding]]:
    """Run every check; yield each name with its finding as soon as there is one."""
    for module in MODULES:
        importlib.import_module(f"caasis.config.doctor.{module}")
    now = situation or Situation(current_home())
    for name, function in CHECKS.items():
        yield name, _run(function, now)


def _run(function: Check, situation: Situation) -> Finding:
    try:
        return function(situation)
    except Unavailable as reason:
        return Finding(WARN, f"{reason}。")
    except (click.ClickException, DatabaseProblem) as problem:
        return Finding(PROBLEM, problem.message)
    except Exception as error:
        # One broken check must not hide the others. The text of an unknown error may carry data: its kind is enough.
        return Finding(
            PROBLEM, f"調べている途中で失敗しました（{type(error).__name__}）。", "開発者に知らせてください。"
        )
