"""Steps that put text together out of pieces, or take it apart."""

import re
from functools import lru_cache
from typing import Annotated, Any

from msgspec import Meta

from connectors.steps.paths import Find, known_finder
from connectors.steps.step import Here, Step, word_of

Separator = Annotated[str, Meta(max_length=20)]
_NAME = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*", re.ASCII)


def is_blank(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


class Join(Step, frozen=True, tag="join"):
    """The values of a list as one text, with a separator between. Empty ones are left out; none
    left is no value."""

    label, group = "Join a list", "Text"

    separator: Annotated[Separator, Meta(title="Separator", examples=[", "])] = " "

    def apply(self, value: Any, here: Here) -> str | None:
        if not isinstance(value, list | tuple):
            return word_of(value)
        return self.separator.join(word_of(one) for one in value if not is_blank(one)) or None


class Split(Step, frozen=True, tag="split"):
    """A text as a list, at each separator, without white space around its parts. With a number
    one part of it: 1 is the first, -1 the last; a part that is not there is no value."""

    label, group = "Split a text", "Text"

    separator: Annotated[Separator, Meta(title="Separator", min_length=1)] = ","
    part: Annotated[int, Meta(title="Only part number", ge=-100, le=100)] = 0
    keep_empty: Annotated[bool, Meta(title="Keep empty parts")] = False

    def apply(self, value: Any, here: Here) -> Any:
        parts = [part.strip() for part in word_of(value).split(self.separator)]
        if not self.keep_empty:
            parts = [part for part in parts if part]
        if not self.part:
            return parts
        place = self.part - 1 if self.part > 0 else self.part
        return parts[place] if -len(parts) <= place < len(parts) else None


class Template(Step, frozen=True, tag="template"):
    """A text with names in braces, as `{first_name} {last_name}`. A name is an attribute of what
    the line stands in, with dots to go down; `{value}` is the line's own value. What is missing
    is left empty, or refused if `strict`. For a brace itself write two."""

    label, group = "Template", "Text"
    takes_none = True

    text: Annotated[
        str,
        Meta(title="Text", min_length=1, max_length=1000, examples=["{first_name} {last_name}"]),
    ]
    strict: Annotated[bool, Meta(title="Refuse what is missing")] = False

    def check(self) -> None:
        _pieces(self.text)

    def apply(self, value: Any, here: Here) -> str | None:
        found = "".join(
            piece if find is None else self._filled(piece, find, value, here)
            for piece, find in _pieces(self.text)
        )
        return found.strip() or None

    def _filled(self, name: str, find: Find, value: Any, here: Here) -> str:
        one = value if name == "value" else find(here.element)
        if is_blank(one):
            if self.strict:
                raise ValueError(f"has nothing for {{{name}}} of the template")
            return ""
        try:
            return word_of(one)
        except ValueError as error:
            raise ValueError(f"cannot fill {{{name}}} of the template, which {error}") from error


@lru_cache(maxsize=1024)
def _pieces(text: str) -> tuple[tuple[str, Find | None], ...]:
    """Plain text with None, names with what finds them. Raises ValueError."""
    found: list[tuple[str, Find | None]] = []
    for piece in re.findall(r"\{\{|\}\}|\{[^{}]*\}|[^{}]+|[{}]", text):
        if piece in ("{", "}"):
            raise ValueError("has a brace that is open on one side; for a brace itself write two")
        if piece in ("{{", "}}"):
            found.append((piece[0], None))
        elif piece[0] != "{":
            found.append((piece, None))
        elif _NAME.fullmatch(piece[1:-1]):
            found.append((piece[1:-1], known_finder(piece[1:-1])))
        else:
            raise ValueError(f"names «{piece[1:-1]}», which is no name with dots")
    return tuple(found)
