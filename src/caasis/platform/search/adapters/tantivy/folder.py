"""The index folder: partitions, and small files about them that are replaced atomically.

state.json        versions, whether it is complete, which kinds it covers, the generation of the partitions
progress          percentage of a rebuild that is done
stamp             changes with every commit; a reader compares it before each search
position          the outbox position that is committed
quarantine.json   rows that couldn't be indexed
writer.lock       held by the one writer
<generation>/<fiscal year>/   one tantivy index each
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import shutil
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal

from caasis.platform.search.adapters.tantivy.schema import SCHEMA_VERSION
from caasis.platform.search.analysis import dictionary_version
from caasis.platform.search.ports import Quarantined

#: Bytes that merging segments needs beside the commits.
_LEAST_FREE = 200_000_000


class WriterBusy(RuntimeError):
    """Another process (or another index object of this one) writes to the folder."""


@dataclass(frozen=True, slots=True)
class State:
    """What `state.json` holds. `kinds` are those that the last complete rebuild covered, `years` the partitions that
    were begun: one of them that isn't there was removed."""

    schema: int
    dictionary: str
    complete: bool
    generation: int
    kinds: tuple[str, ...] = ()
    years: tuple[int, ...] = ()


class IndexFolder:
    """The files of one index. Nothing here opens tantivy."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._lock: int | None = None

    # --- state ---------------------------------------------------------------------------------------------------

    def state(self) -> State | None:
        """The state, or None when there is no index (or an unreadable one, which is the same to a reader)."""
        try:
            raw = json.loads((self.root / "state.json").read_text(encoding="utf-8"))
            return State(
                schema=int(raw["schema"]),
                dictionary=str(raw["dictionary"]),
                complete=bool(raw["complete"]),
                generation=int(raw["generation"]),
                kinds=tuple(str(kind) for kind in raw["kinds"]),
                years=tuple(int(year) for year in raw.get("years", ())),
            )
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def needs_rebuild(self) -> str:
        """Why the contents can't be relied on, or an empty text."""
        return self.fault_of(self.state())

    def fault_of(self, state: State | None) -> str:
        """The same for a state that was read before."""
        if state is None:
            return "the index is missing"
        if state.schema != SCHEMA_VERSION:
            return "the index was built with another schema"
        if state.dictionary != dictionary_version():
            return "the index was built with another dictionary"
        # An index whose folder was removed by hand still has its state file.
        generation = f"{self.root}/{state.generation}"
        if not os.path.isdir(generation):
            return "the partitions are missing"
        # A partition that lost its list of segments would else be one with nothing in it. Looked at with every search.
        if not all(os.path.exists(f"{generation}/{year}/meta.json") for year in state.years):
            return "a partition is missing"
        return ""

    def start(self, *, keep: bool) -> State:
        """Mark the index incomplete, in a fresh and empty generation unless `keep`."""
        known = self.state()
        if keep and known is not None and not self.needs_rebuild():
            state = replace(known, complete=False)
        else:
            newest = max([known.generation if known else 0, *self._generations()])
            state = State(SCHEMA_VERSION, dictionary_version(), complete=False, generation=newest + 1)
            (self.root / f"{state.generation}").mkdir(parents=True, exist_ok=True)
            (self.root / "quarantine.json").unlink(missing_ok=True)
        self.set_progress(0)
        self._write_state(state)
        self.bump()
        for generation in self._generations():
            if generation != state.generation:
                shutil.rmtree(self.root / f"{generation}", ignore_errors=True)
        return state

    def finish(self, kinds: Iterable[str]) -> None:
        state = self.state()
        if state is None:
            raise RuntimeError("there is no rebuild to finish")
        self._write_state(replace(state, complete=True, kinds=tuple(sorted(kinds))))
        (self.root / "progress").unlink(missing_ok=True)
        self.bump()

    def note_year(self, year: int) -> None:
        """A partition was begun: from now on it is missed when it isn't there."""
        state = self.state()
        if state is not None and year not in state.years:
            self._write_state(replace(state, years=tuple(sorted({*state.years, year}))))

    def discard(self) -> None:
        """Forget an index that can't be opened, so that it is built anew."""
        (self.root / "state.json").unlink(missing_ok=True)
        self.bump()

    def _write_state(self, state: State) -> None:
        self._replace("state.json", json.dumps(asdict(state), ensure_ascii=False))

    # --- partitions ----------------------------------------------------------------------------------------------

    def generation_folder(self, state: State) -> Path:
        return self.root / f"{state.generation}"

    def partitions(self, state: State) -> dict[int, Path]:
        """Fiscal year → folder, of the partitions that exist."""
        try:
            entries = list(self.generation_folder(state).iterdir())
        except OSError:
            return {}
        return {
            int(entry.name): entry for entry in entries if entry.name.isdecimal() and (entry / "meta.json").exists()
        }

    def _generations(self) -> list[int]:
        try:
            return [int(entry.name) for entry in self.root.iterdir() if entry.name.isdecimal()]
        except OSError:
            return []

    def size_bytes(self) -> int:
        return sum(path.stat().st_size for path in self.root.rglob("*") if path.is_file())

    def trouble(self) -> Literal["", "read only", "full"]:
        """What keeps the index from being written to: tried out, because permissions alone don't tell of a file system
        that is mounted read-only. An index that isn't there has no trouble."""
        if not self.root.is_dir():
            return ""
        try:
            self._replace("written", "1", durable=False)
        except OSError as error:
            return "full" if error.errno in (errno.ENOSPC, errno.EDQUOT) else "read only"
        (self.root / "written").unlink(missing_ok=True)
        if shutil.disk_usage(self.root).free < _LEAST_FREE:
            return "full"
        return ""

    # --- small files ---------------------------------------------------------------------------------------------

    def stamp(self) -> bytes:
        """A few bytes that differ after every commit; empty when there is no index."""
        try:
            return (self.root / "stamp").read_bytes()
        except OSError:
            return b""

    def bump(self) -> None:
        """Tell readers that there is something new. Not flushed to disk: a lost stamp loses no commit."""
        count = int(self.stamp() or b"0") + 1
        self._replace("stamp", str(count), durable=False)

    def progress(self) -> int | None:
        """Percentage of the rebuild that is done; None when there is none or it can't be told."""
        try:
            return int((self.root / "progress").read_text(encoding="ascii"))
        except (OSError, ValueError):
            return None

    def set_progress(self, percentage: int) -> None:
        self._replace("progress", str(percentage), durable=False)

    def position(self) -> int:
        try:
            return int((self.root / "position").read_text(encoding="ascii"))
        except (OSError, ValueError):
            return 0

    def set_position(self, position: int) -> None:
        self._replace("position", str(position))

    def quarantined(self) -> dict[str, Quarantined]:
        """Quarantined rows by id."""
        try:
            raw = json.loads((self.root / "quarantine.json").read_text(encoding="utf-8"))
            return {row["id"]: Quarantined(row["kind"], row["id"], row["reason"]) for row in raw}
        except (OSError, ValueError, KeyError, TypeError):
            return {}

    def set_quarantined(self, rows: Iterable[Quarantined]) -> None:
        self._replace("quarantine.json", json.dumps([asdict(row) for row in rows], ensure_ascii=False))

    def _replace(self, name: str, content: str, *, durable: bool = True) -> None:
        self.root.mkdir(parents=True, exist_ok=True)
        draft = self.root / f".{name}.{os.getpid()}"
        with draft.open("w", encoding="utf-8") as file:
            file.write(content)
            file.flush()
            if durable:
                os.fsync(file.fileno())
        draft.replace(self.root / name)
        if durable:
            folder = os.open(self.root, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)

    # --- the one writer ------------------------------------------------------------------------------------------

    def lock(self) -> None:
        """Become the writer, or raise `WriterBusy`. The system lets go of the lock when the process ends."""
        if self._lock is not None:
            if self._still_there(self._lock):
                return
            # The folder was removed under us: the lock that we hold is one on a file that nobody else can see.
            self.unlock()
        self.root.mkdir(parents=True, exist_ok=True)
        handle = os.open(self.root / "writer.lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(handle)
            raise WriterBusy("another process writes to this index") from None
        self._lock = handle

    def _still_there(self, handle: int) -> bool:
        try:
            return os.path.samestat(os.fstat(handle), (self.root / "writer.lock").stat())
        except OSError:
            return False

    def unlock(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None
