"""The checks for the administrator's screen, run inside of the web process."""

from __future__ import annotations

from caasis.config.bootstrap import Addresses, external_addresses
from caasis.config.doctor.registry import Situation, run_checks
from caasis.config.supervision.home import Home, current_home
from caasis.platform.database import EmbeddedCluster


def findings() -> list[tuple[str, str, str, str]]:
    """Name, state (`ok`, `warn`, `problem`), sentence and remedy of every check."""
    home = current_home()
    situation = Situation(home)
    if (found := _addresses(home)) is not None:
        situation.__dict__["addresses"] = found
    return [(name, finding.state, finding.text, finding.remedy) for name, finding in run_checks(situation)]


def _addresses(home: Home) -> Addresses | None:
    """Where the database is. The embedded server's own processes get its addresses through the environment, where they
    look like those of a server outside."""
    named = external_addresses()
    if named is None or not EmbeddedCluster.exists(home.path):
        return named
    own = EmbeddedCluster(home.path).dsn("app") == named.application
    return Addresses(named.application, named.owner, embedded=own)
