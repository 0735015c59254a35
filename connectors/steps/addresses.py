"""The step that fits an address onto the lines that the target has."""

from collections.abc import Iterable
from typing import Annotated, Any, Literal

from msgspec import Meta

from connectors.steps.pieces import is_blank
from connectors.steps.step import Here, Step, word_of


class FitLines(Step, frozen=True, tag="fit_lines"):
    """A text, or a list of lines, on so many lines of such a length, without losing a word. The
    lines stay apart where there is room; a word is broken only if it is longer than a line. What
    does not fit is refused, or cut at the end. With a number, that line alone; a line that is not
    needed is no value."""

    label, group = "Fit address lines", "Addresses"

    length: Annotated[int, Meta(title="Characters of a line", ge=1, le=1000)]
    lines: Annotated[int, Meta(title="Lines", ge=1, le=20)] = 2
    line: Annotated[int, Meta(title="Only line number", ge=0, le=20)] = 0
    too_long: Annotated[Literal["refuse", "cut"], Meta(title="What does not fit is")] = "refuse"

    def check(self) -> None:
        if self.line > self.lines:
            raise ValueError(f"asks for line {self.line} of {self.lines}")

    def apply(self, value: Any, here: Here) -> Any:
        given = value if isinstance(value, list | tuple) else [value]
        texts = [word_of(one) for one in given if not is_blank(one)]
        fitted = self._fitted([line for text in texts for line in text.splitlines()])
        if not self.line:
            return fitted
        return fitted[self.line - 1] if self.line <= len(fitted) else None

    def _fitted(self, texts: list[str]) -> list[str]:
        found = [line for text in texts for line in wrap(text.split(), self.length)]
        if len(found) > self.lines:
            found = wrap((word for text in texts for word in text.split()), self.length)
        if len(found) > self.lines:
            found = wrap((word for text in texts for word in text.split()), self.length, full=True)
        if len(found) > self.lines and self.too_long == "refuse":
            raise ValueError(f"does not fit on {self.lines} lines of {self.length} characters")
        return found[: self.lines]


def wrap(words: Iterable[str], length: int, *, full: bool = False) -> list[str]:
    """Lines of at most `length` characters. A word that is longer than a line starts a line of its
    own; with `full` it begins where there is room."""
    found: list[str] = []
    line = ""
    for word in words:
        rest = word
        if line and len(line) + 1 + len(rest) <= length:
            line = f"{line} {rest}"
            continue
        if full and line and len(rest) > length and len(line) + 1 < length:
            room = length - len(line) - 1
            line, rest = f"{line} {rest[:room]}", rest[room:]
        if line:
            found.append(line)
        while len(rest) > length:
            found.append(rest[:length])
            rest = rest[length:]
        line = rest
    return [*found, line] if line else found
