"""The failure vocabulary: few classes, each one a consequence."""

import reprlib
from decimal import Decimal
from typing import Any, ClassVar, Literal

Consequence = Literal[
    "retry",
    "wait",
    "reauthorize",
    "dead",
    "linked",
    "park",
    "retry_twice",
    "unchanged",
    "look_again",
]
Blame = Literal["remote", "nobody", "tenant", "ekyam"]


class Failure(Exception):
    """Why a record was not read, mapped or delivered.

    `message` is plain words for the tenant; `detail` is for us and is redacted before it is kept.
    """

    code: ClassVar[str] = "failure"
    consequence: ClassVar[Consequence] = "dead"
    blame: ClassVar[Blame] = "ekyam"

    def __init__(self, message: str, *, detail: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.detail = detail


class Unreachable(Failure):
    """No answer, or an answer that says «later»: timeout, DNS, connection, 408, 5xx.

    `sent` says whether the request may have arrived; if it wrote, the delivery is in doubt.
    """

    code = "unreachable"
    consequence = "retry"
    blame: ClassVar[Blame] = "remote"

    def __init__(self, message: str, *, sent: bool = True, detail: str = "") -> None:
        super().__init__(message, detail=detail)
        self.sent = sent


class Interrupted(Unreachable):
    """Something of our own gave way in the middle; the remote system is not to blame."""

    code = "interrupted"
    blame = "ekyam"


class RateLimited(Failure):
    """The vendor asks us to slow down; not a failure of the record, so it costs no attempt."""

    code = "rate_limited"
    consequence = "wait"
    blame = "nobody"

    def __init__(self, message: str, *, retry_after: float = 1.0, detail: str = "") -> None:
        super().__init__(message, detail=detail)
        self.retry_after = retry_after


class Unauthorized(Failure):
    """The credentials no longer open the door: 401, 403, a refused refresh."""

    code = "unauthorized"
    consequence = "reauthorize"
    blame = "tenant"


class AddressMissing(Unauthorized):
    """The settings do not say where the system is to be found."""


class Rejected(Failure):
    """The vendor read the request and said no; only a person can change that."""

    code = "rejected"
    consequence = "dead"
    blame = "tenant"

    def __init__(
        self, message: str, *, fields: dict[str, str] | None = None, detail: str = ""
    ) -> None:
        super().__init__(message, detail=detail)
        self.fields = fields or {}


class TooLate(Rejected):
    """The remote record has moved on, and what was asked can no longer be done to it."""

    code = "too_late"


class AlreadyExists(Failure):
    """The record is there already, under this id: a success that we learn late."""

    code = "already_exists"
    consequence = "linked"
    blame = "nobody"

    def __init__(self, message: str, *, external_id: str, detail: str = "") -> None:
        super().__init__(message, detail=detail)
        self.external_id = external_id


class NothingToDo(Failure):
    """The record asks nothing of this target, as a gift card asks nothing of a warehouse."""

    code = "nothing_to_do"
    consequence = "unchanged"
    blame = "nobody"


class Stale(Failure):
    """The target holds something else than we believed, so nothing was written.

    `holds` is what it says that it holds now; what to write is computed anew from that. `record_id`
    is the id that it has there.
    """

    code = "stale"
    consequence = "look_again"
    blame = "nobody"

    def __init__(self, message: str, *, holds: Decimal, record_id: str, detail: str = "") -> None:
        super().__init__(message, detail=detail)
        self.holds, self.record_id = holds, record_id


class MissingLink(Failure):
    """A record that this one needs is not yet known in the target system.

    `key` is its id in the source system, or our own reference when `by` is "reference". Where it
    is all right that it never comes, `if_never` says what that means.
    """

    code = "missing_link"
    consequence = "park"
    blame = "nobody"

    def __init__(
        self,
        resource: str,
        key: str,
        *,
        by: Literal["id", "reference"] = "id",
        if_never: str = "",
    ) -> None:
        super().__init__(f"The {resource} {key} is not known in the target system yet.")
        self.resource, self.key, self.by, self.if_never = resource, key, by, if_never


class MissingRow(Failure):
    """A value has no row in a lookup table of the company."""

    code = "missing_row"
    consequence = "park"
    blame = "tenant"

    def __init__(self, table: str, key: str) -> None:
        super().__init__(f"«{key[:80]}» has no row in the lookup table «{table}».")
        self.table, self.key = table, key


class MappingFailed(Failure):
    """A value could not be read, converted or written; points at the line, its step and the value.

    `step` counts from 1; 0 is the line itself.
    """

    code = "mapping_failed"
    blame = "tenant"

    def __init__(self, message: str, *, line: str = "", step: int = 0, value: Any = None) -> None:
        super().__init__(message, detail=f"{line}: {shown(value, 400)}"[:500])
        self.line, self.step, self.value = line, step, value


class MoneyMismatch(MappingFailed):
    """lines - discounts + tax + shipping is not the total, to the cent."""

    code = "money_mismatch"


class UnexpectedResponse(Failure):
    """An answer that breaks the vendor's own contract: unreadable, or of another shape."""

    code = "unexpected_response"
    consequence = "retry_twice"


_BRIEF = reprlib.Repr()
_BRIEF.maxlevel, _BRIEF.maxdict, _BRIEF.maxlist, _BRIEF.maxstring = 3, 6, 6, 80


def shown(value: Any, most: int = 80) -> str:
    """The beginning of a value, for words. It may be huge, or nested as deep as can be."""
    if isinstance(value, str):
        return value[:most]
    try:
        return (_BRIEF.repr(value) if isinstance(value, dict | list | tuple) else str(value))[:most]
    except (RecursionError, ValueError):  # an int of more digits than Python writes
        return type(value).__name__
