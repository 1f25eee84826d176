"""Talking to the running supervisor over its private socket."""

import http.client
import xmlrpc.client
from dataclasses import dataclass
from pathlib import Path
from typing import Any

RUNNING = "RUNNING"
STOPPED_STATES = frozenset({"STOPPED", "EXITED", "FATAL", "UNKNOWN"})


class SupervisorUnreachable(Exception):
    """No supervisor answers on the socket."""


@dataclass(frozen=True)
class ProgramState:
    """What the supervisor knows about a program. ``seconds`` is how long it has been running."""

    name: str
    state: str
    pid: int
    seconds: int
    description: str

    @property
    def running(self) -> bool:
        """Whether it runs."""
        return self.state == RUNNING


class Supervisor:
    """The supervisor behind one control socket. Every call opens a connection of its own."""

    def __init__(self, socket: Path) -> None:
        self.socket = socket

    def states(self) -> list[ProgramState]:
        """Return all programs in the order in which they are started."""
        found: list[dict[str, Any]] = self._call("supervisor.getAllProcessInfo")
        return [
            ProgramState(
                name=str(each["name"]),
                state=str(each["statename"]),
                pid=int(each["pid"]),
                seconds=max(0, int(each["now"]) - int(each["start"])) if each["statename"] == RUNNING else 0,
                description=str(each["description"]),
            )
            for each in found
        ]

    def start(self, name: str) -> None:
        """Start one program without waiting for it; one that runs already is left alone."""
        try:
            self._call("supervisor.startProcess", name, False)
        except xmlrpc.client.Fault as fault:
            if not fault.faultString.startswith("ALREADY_STARTED"):
                raise

    def _call(self, method: str, *arguments: Any) -> Any:
        from supervisor.xmlrpc import SupervisorTransport

        transport = SupervisorTransport(None, None, f"unix://{self.socket}")
        try:
            proxy: Any = xmlrpc.client.ServerProxy("http://127.0.0.1", transport=transport)
            for part in method.split("."):
                proxy = getattr(proxy, part)
            return proxy(*arguments)
        except (OSError, http.client.HTTPException, xmlrpc.client.ProtocolError) as error:
            raise SupervisorUnreachable(str(error)) from error
        finally:
            transport.close()
