"""Steps that read and write times."""

from datetime import UTC, datetime
from typing import Annotated, Any

from msgspec import Meta

from connectors.steps.step import Here, Step


def instant(value: Any) -> datetime:
    """An ISO 8601 time as UTC; a time without an offset is taken as UTC. Raises ValueError."""
    if isinstance(value, datetime):
        return value
    try:
        found = datetime.fromisoformat(str(value).replace("Z", "+00:00"))
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ValueError("is not a time") from error


class ToTime(Step, frozen=True, tag="time"):
    """A moment, as ISO 8601 writes it. Without an offset it is taken as UTC."""

    label, group = "As a time", "Dates"

    def apply(self, value: Any, here: Here) -> datetime:
        return instant(value)


class FormatTime(Step, frozen=True, tag="format_time"):
    """A moment as text, in UTC."""

    label, group = "Write a time", "Dates"

    pattern: Annotated[str, Meta(title="Pattern", max_length=60, examples=["%Y-%m-%d"])] = (
        "%Y-%m-%d"
    )

    def apply(self, value: Any, here: Here) -> str:
        return instant(value).strftime(self.pattern)
