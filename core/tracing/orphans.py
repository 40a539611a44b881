"""Which spans are open, on disk, so that those of a process that was killed are found and ended by another.

Each process has a small file in TRACE_OPEN_DIR, mapped into memory and locked for as long as it lives. To open or
end a span is to write one slot of it, and the kernel keeps what was written whatever happens to the process. A
file whose lock is free is a dead process's: whoever finds it sends what is open in it as ended, marked
`rft.orphaned`, and counts it. Calls to others (kind CLIENT) are left out: nothing is told to hang below them.
"""

import contextlib
import fcntl
import mmap
import os
import struct
import threading
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from opentelemetry.trace import SpanContext, SpanKind, TraceFlags

SLOTS = 512
NAME_BYTES_MAX = 95
SUFFIX = ".open"
_HEADER = struct.Struct("<8sqq40s")
_SLOT = struct.Struct("<?B16sQQQ96p")
_MAGIC = b"rftopen1"
_FREE = bytes(_SLOT.size)
_SIZE = _HEADER.size + SLOTS * _SLOT.size


@dataclass(frozen=True, slots=True)
class Orphan:
    """A span that its process could not end any more."""

    name: str
    kind: SpanKind
    context: SpanContext
    parent: SpanContext | None
    began_ns: int
    seen_ns: int
    service: str


@dataclass(frozen=True, slots=True)
class Estate:
    """What a dead process left: open spans, and how many ended ones it had not sent yet."""

    orphans: list[Orphan]
    unsent: int


class Ledger:
    """This process's file. Without a folder to write to it remembers in memory alone."""

    def __init__(self, folder: Path, service: str) -> None:
        self.open: dict[int, Any] = {}
        self._slots: dict[int, int] = {}
        self._free: deque[int] = deque(range(SLOTS))
        self._lock = threading.Lock()
        self._unsent = 0
        self.path = folder / f"{service}-{os.getpid()}-{time.time_ns()}{SUFFIX}"
        self._memory: mmap.mmap | bytearray = bytearray(_SIZE)
        with contextlib.suppress(OSError):
            self._memory = self._mapped(folder)
        _HEADER.pack_into(self._memory, 0, _MAGIC, time.time_ns(), 0, service.encode()[:40])

    def begin(self, span: Any) -> None:
        self.open[span.context.span_id] = span
        try:
            slot = self._free.popleft()
        except IndexError:
            return
        context, parent = span.context, span.parent
        _SLOT.pack_into(
            self._memory,
            _HEADER.size + slot * _SLOT.size,
            True,
            span.kind.value,
            context.trace_id.to_bytes(16, "big"),
            context.span_id,
            parent.span_id if parent else 0,
            span.start_time,
            span.name.encode()[:NAME_BYTES_MAX],
        )
        self._slots[context.span_id] = slot

    def end(self, span_id: int, now_ns: int) -> None:
        self.open.pop(span_id, None)
        slot = self._slots.pop(span_id, None)
        if slot is not None:
            place = _HEADER.size + slot * _SLOT.size
            self._memory[place : place + _SLOT.size] = _FREE
            self._free.append(slot)
        struct.pack_into("<q", self._memory, 8, now_ns)

    def note_unsent(self, count: int) -> None:
        struct.pack_into("<q", self._memory, 16, count)

    def overdue(self, *, before_ns: int) -> list[Any]:
        """Spans begun before that and still open, in this process."""
        return [span for span in list(self.open.values()) if span.start_time < before_ns]

    def close(self) -> None:
        """The process ends in order: nothing is left to find."""
        self.forget()
        with contextlib.suppress(OSError):
            self.path.unlink()

    def forget(self) -> None:
        """Let go of the file without a word; in a child of a fork it is the parent's."""
        memory, self._memory = self._memory, bytearray(_SIZE)
        if isinstance(memory, mmap.mmap):
            memory.close()
            os.close(self._file)

    def _mapped(self, folder: Path) -> mmap.mmap:
        folder.mkdir(parents=True, exist_ok=True)
        self._file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        fcntl.flock(self._file, fcntl.LOCK_EX)
        os.truncate(self._file, _SIZE)
        return mmap.mmap(self._file, _SIZE)


def estates(folder: Path) -> Iterator[Estate]:
    """What dead processes left in the folder; each is given to one finder only, and then is gone."""
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        with contextlib.suppress(OSError):
            file = os.open(path, os.O_RDWR)
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if os.fstat(file).st_nlink and os.fstat(file).st_size == _SIZE:
                    path.unlink()
                    yield _read(os.pread(file, _SIZE, 0))
            finally:
                os.close(file)


def _read(content: bytes) -> Estate:
    magic, seen_ns, unsent, service = _HEADER.unpack_from(content)
    if magic != _MAGIC:
        return Estate([], 0)
    slots = (_SLOT.unpack_from(content, _HEADER.size + n * _SLOT.size) for n in range(SLOTS))
    name = service.rstrip(b"\0").decode(errors="replace")
    return Estate([_orphan(slot, seen_ns, name) for slot in slots if slot[0]], unsent)


def _orphan(slot: tuple[Any, ...], seen_ns: int, service: str) -> Orphan:
    _, kind, trace_bytes, span_id, parent_id, began_ns, name = slot
    trace_id = int.from_bytes(trace_bytes, "big")
    return Orphan(
        name=name.decode(errors="replace"),
        kind=SpanKind(kind),
        context=_context(trace_id, span_id),
        parent=_context(trace_id, parent_id) if parent_id else None,
        began_ns=began_ns,
        seen_ns=max(seen_ns, began_ns),
        service=service,
    )


def _context(trace_id: int, span_id: int) -> SpanContext:
    return SpanContext(trace_id, span_id, is_remote=False, trace_flags=TraceFlags(1))
