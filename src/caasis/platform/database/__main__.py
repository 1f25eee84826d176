"""Run the cluster of a home in the foreground: ``python -m caasis.platform.database HOME``."""

import argparse
import sys
from pathlib import Path

from caasis.platform.database.cluster import EmbeddedCluster
from caasis.platform.database.errors import DatabaseProblem
from caasis.platform.database.place import SYSTEM_BASE


def main() -> int:
    """Become the server, or say why not."""
    parser = argparse.ArgumentParser(prog="caasis.platform.database")
    parser.add_argument("home", type=Path)
    parser.add_argument("--base", type=Path, default=SYSTEM_BASE)
    arguments = parser.parse_args()
    try:
        EmbeddedCluster(arguments.home, base=arguments.base).run()
    except DatabaseProblem as problem:
        sys.stderr.write(f"{problem}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
