"""Who is at work in this process: to one who is at it already, news is a ring and not a rival."""

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from uuid import UUID

_lock = threading.Lock()
_turns: dict[tuple[str, UUID], "Turn"] = {}


@dataclass
class Turn:
    """One thread's work at one subject. Whoever has a turn looks again when the bell has rung."""

    key: tuple[str, UUID]
    bell: Future[None] = field(default_factory=Future)

    def listen(self) -> None:
        """Before looking: what is rung from now on is for the next look."""
        self.bell = Future()

    def may_end(self) -> bool:
        """Whether nobody has rung since; then the turn is over."""
        with _lock:
            if self.bell.done():
                return False
            _turns.pop(self.key, None)
            return True

    def end(self) -> None:
        with _lock:
            if _turns.get(self.key) is self:
                del _turns[self.key]


def begin(work: str, subject_id: UUID) -> Turn | None:
    """A turn; or None when another thread has it, and has now been rung."""
    key = (work, subject_id)
    with _lock:
        if key in _turns:
            if not _turns[key].bell.done():
                _turns[key].bell.set_result(None)
            return None
        _turns[key] = Turn(key)
        return _turns[key]


@cache
def threads() -> ThreadPoolExecutor:
    """Where one piece of work starts another without a message: it would come back here anyway."""
    return ThreadPoolExecutor(8, thread_name_prefix="turn")
