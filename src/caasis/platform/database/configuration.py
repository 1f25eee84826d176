"""The server's configuration files, written anew at every start so that they follow the machine and the version."""

import os
from collections.abc import Mapping
from pathlib import Path

from caasis.platform.database.place import SOCKET_NAME, Place
from caasis.platform.database.roles import APPLICATION_ROLE, OWNER_ROLE, SUPERUSER

MEBIBYTE = 1024 * 1024
CGROUP_LIMIT = Path("/sys/fs/cgroup/memory.max")

MAIN_FILE = "postgresql.conf"
GENERATED_FILE = "caasis.conf"
OPERATOR_FILE = "operator.conf"


def available_memory() -> int:
    """Return the memory in bytes that this machine, or the container around us, has."""
    physical = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    try:
        limit = CGROUP_LIMIT.read_text(encoding="ascii").strip()
    except OSError:
        return physical
    return min(physical, int(limit)) if limit.isdigit() else physical


def default_settings(memory: int, processors: int) -> dict[str, str]:
    """Return settings for ``memory`` bytes shared with the web process, the indexer and the other workers.

    On 24 GiB: 3 GiB of shared buffers. The shares are those of the PostgreSQL manual (18, section 19.4: a quarter on a
    dedicated machine) halved, because the application runs on the same machine.
    """
    buffers = min(max(memory // 8, 128 * MEBIBYTE), 4096 * MEBIBYTE) // MEBIBYTE
    workers = max(2, min(processors, 8))
    return {
        "max_connections": "200",
        "shared_buffers": f"{buffers}MB",
        "effective_cache_size": f"{max(memory // 2 // MEBIBYTE, 256)}MB",
        "work_mem": "16MB",
        "maintenance_work_mem": f"{min(max(memory // 64 // MEBIBYTE, 64), 512)}MB",
        "max_worker_processes": str(workers + 2),
        "max_parallel_workers": str(workers),
        "max_parallel_workers_per_gather": str(max(1, workers // 2)),
        # Compiling expressions costs more than it saves on short queries.
        "jit": "off",
        "random_page_cost": "1.1",
        # A base backup and a standby need the log at this level.
        "wal_level": "replica",
        "max_wal_size": "2GB",
        "checkpoint_timeout": "15min",
        "autovacuum_vacuum_scale_factor": "0.05",
        "autovacuum_analyze_scale_factor": "0.02",
        "idle_in_transaction_session_timeout": "10min",
        "timezone": "UTC",
        "log_timezone": "Asia/Tokyo",
        "log_line_prefix": "%m [%p] %q%u %a ",
        "log_checkpoints": "off",
        "log_lock_waits": "on",
        "log_autovacuum_min_duration": "10s",
        # The log must not hold personal data: a failing statement, its parameters and the DETAIL line ("Key (…)=(…)
        # already exists") would carry it.
        "log_min_error_statement": "panic",
        "log_parameter_max_length": "0",
        "log_parameter_max_length_on_error": "0",
        "log_error_verbosity": "terse",
        "log_statement": "none",
        "log_min_duration_statement": "-1",
    }


def write_configuration(place: Place, settings: Mapping[str, str]) -> None:
    """Write the generated configuration, the host rules and the account map into the data folder.

    ``operator.conf`` is read last and is never touched: an operator's own values survive every start.
    """
    fixed = {
        "listen_addresses": "",
        "port": SOCKET_NAME.rpartition(".")[2],
        "unix_socket_directories": str(place.socket),
        # The folder is private, so the socket need not be; the peer's account is checked by the server.
        "unix_socket_permissions": "0777",
        "logging_collector": "off",
        "log_destination": "stderr",
    }
    _write(
        place,
        MAIN_FILE,
        f"# Written at every start. Put your own values into {OPERATOR_FILE}.\n"
        f"include = '{GENERATED_FILE}'\ninclude = '{OPERATOR_FILE}'\n",
    )
    if not (place.data / OPERATOR_FILE).exists():
        _write(place, OPERATOR_FILE, "# Your own values; they win over the generated ones and are never overwritten.\n")
    lines = [f"{name} = {quoted(value)}" for name, value in {**settings, **fixed}.items()]
    _write(place, GENERATED_FILE, "\n".join(lines) + "\n")
    _write(
        place,
        "pg_hba.conf",
        "local all all peer map=caasis\nlocal replication all peer map=caasis\n",
    )
    rows = [(place.server.name, SUPERUSER)]
    rows += [(place.application.name, role) for role in (OWNER_ROLE, APPLICATION_ROLE)]
    _write(place, "pg_ident.conf", "".join(f'caasis "{account}" {role}\n' for account, role in rows))


def quoted(value: str) -> str:
    """Return ``value`` as the server's configuration files quote it."""
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"


def _write(place: Place, name: str, text: str) -> None:
    path = place.data / name
    fresh = path.with_name(f".{name}.fresh")
    fresh.unlink(missing_ok=True)
    fresh.write_text(text, encoding="utf-8")
    fresh.chmod(0o600)
    if place.separate_account:
        os.chown(fresh, place.server.uid, place.server.gid)
    fresh.replace(path)
