"""Steps that make text, or change it."""

import re
import unicodedata
from typing import Annotated, Any, Literal

from msgspec import Meta

from connectors.steps.step import Here, Step, word_of

_WORD = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)*")


class ToText(Step, frozen=True, tag="text"):
    """As text. Ids stay exact, however long they are."""

    label, group = "As text", "Text"

    def apply(self, value: Any, here: Here) -> str:
        return word_of(value)


class Trim(Step, frozen=True, tag="trim"):
    """Without white space around it. Nothing left is no value."""

    label, group = "Trim", "Text"

    def apply(self, value: Any, here: Here) -> str | None:
        return word_of(value).strip() or None


class Upper(Step, frozen=True, tag="upper"):
    """In capital letters."""

    label, group = "UPPER CASE", "Text"

    def apply(self, value: Any, here: Here) -> str:
        return word_of(value).upper()


class Lower(Step, frozen=True, tag="lower"):
    """In small letters."""

    label, group = "lower case", "Text"

    def apply(self, value: Any, here: Here) -> str:
        return word_of(value).lower()


class TitleCase(Step, frozen=True, tag="title_case"):
    """Each word with a capital first letter, the rest in small letters; «o'neil» is «O'neil»."""

    label, group = "Title Case", "Text"

    def apply(self, value: Any, here: Here) -> str:
        return _WORD.sub(lambda word: word[0][0].upper() + word[0][1:].lower(), word_of(value))


class Replace(Step, frozen=True, tag="replace"):
    """One piece of text by another, wherever it stands. It is plain text, not a pattern."""

    label, group = "Replace text", "Text"

    find: Annotated[str, Meta(title="Find", min_length=1, max_length=200)]
    by: Annotated[str, Meta(title="Replace by", max_length=200)] = ""

    def apply(self, value: Any, here: Here) -> str:
        return word_of(value).replace(self.find, self.by)


class Pad(Step, frozen=True, tag="pad"):
    """Filled up to a length, as 42 to 00042. What is longer stays."""

    label, group = "Fill up to a length", "Text"

    length: Annotated[int, Meta(title="Characters", ge=1, le=1000)]
    filling: Annotated[str, Meta(title="Fill with", min_length=1, max_length=1)] = "0"
    side: Annotated[Literal["left", "right"], Meta(title="On the")] = "left"

    def apply(self, value: Any, here: Here) -> str:
        text = word_of(value)
        if self.side == "left":
            return text.rjust(self.length, self.filling)
        return text.ljust(self.length, self.filling)


class Fit(Step, frozen=True, tag="fit"):
    """Cut to what the target's field holds. Counted in bytes of UTF-8 it never cuts a character
    in two."""

    label, group = "Cut to a length", "Text"

    length: Annotated[int, Meta(title="At most", ge=1, le=100_000)]
    count: Annotated[Literal["characters", "bytes"], Meta(title="Counted in")] = "characters"

    def apply(self, value: Any, here: Here) -> str:
        text = word_of(value)
        if self.count == "characters":
            return text[: self.length]
        return text.encode("utf-8", "replace")[: self.length].decode("utf-8", "ignore")


class Slug(Step, frozen=True, tag="slug"):
    """As an address takes it: plain small letters and digits, with hyphens between. Nothing left
    is no value."""

    label, group = "As part of an address", "Text"

    def apply(self, value: Any, here: Here) -> str | None:
        plain = unicodedata.normalize("NFKD", word_of(value)).encode("ascii", "ignore").decode()
        return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-") or None
