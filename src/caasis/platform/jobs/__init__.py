"""Background jobs on procrastinate: declared with `@job`, put into the queue in the transaction that needs them."""

from caasis.platform.jobs.declaration import Job, job, stop_requested

__all__ = ["Job", "job", "stop_requested"]

# procrastinate imports the module `jobs` of every app: the platform's own jobs stand in a file of this package.
from caasis.platform.jobs import housekeeping  # noqa: F401
