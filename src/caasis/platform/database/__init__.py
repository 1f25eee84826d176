"""The embedded PostgreSQL cluster: where it lies, how it is made, started, watched and stopped.

Nothing here imports Django, so that the supervisor and the test run can start a server before settings are read.
"""

from caasis.platform.database.cluster import EmbeddedCluster, ForegroundCommand
from caasis.platform.database.errors import DatabaseProblem
from caasis.platform.database.roles import APPLICATION_ROLE, DATABASE_NAME, OWNER_ROLE

__all__ = [
    "APPLICATION_ROLE",
    "DATABASE_NAME",
    "OWNER_ROLE",
    "DatabaseProblem",
    "EmbeddedCluster",
    "ForegroundCommand",
]
