"""Values as a JSON column gives them back: a digest is over what can be read again."""

from collections.abc import Mapping
from typing import Any

EXACT = 2**53  # beyond it, and for fractions, no two programs write a number alike


def plain(value: Any) -> Any:
    """Numbers that jsonb would write otherwise become text; text loses what it cannot hold."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if abs(value) < EXACT else str(value)
    if isinstance(value, float):
        is_whole = value.is_integer() and abs(value) < EXACT
        return int(value) if is_whole else str(value)
    if isinstance(value, str):
        return plain_text(value)
    if isinstance(value, Mapping):
        return {plain_text(str(key)): plain(item) for key, item in value.items()}
    return [plain(item) for item in value]


def plain_text(text: str) -> str:
    """PostgreSQL knows no NUL, and UTF-8 no half of a surrogate pair."""
    return text.replace("\x00", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode()
