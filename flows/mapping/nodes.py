"""What was read from text, each value with its line, so that whatever is wrong has a place."""

from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec

from flows.mapping.complaints import in_words

T = TypeVar("T")


class CodeInvalid(ValueError):
    """The text cannot be read; `line` counts from 1, and the message says it too."""

    def __init__(self, line: int, why: str) -> None:
        super().__init__(f"Line {line}: {why}")
        self.line, self.why = line, why


@dataclass(slots=True)
class Node:
    """A value and its line. What an object or a list holds are nodes too."""

    line: int
    value: Any

    def plain(self) -> Any:
        if isinstance(self.value, dict):
            return {name: node.plain() for name, node in self.value.items()}
        if isinstance(self.value, list):
            return [node.plain() for node in self.value]
        return self.value

    def object(self, what: str, names: tuple[str, ...] = ()) -> dict[str, "Node"]:
        """Raises CodeInvalid if it is none, or has other names than these."""
        if not isinstance(self.value, dict):
            raise CodeInvalid(self.line, f"{what} is to be names with values.")
        for name, node in self.value.items():
            if names and name not in names:
                known = ", ".join(names)
                raise CodeInvalid(node.line, f"{what} has no «{name[:80]}», but {known}.")
        return self.value

    def list(self, what: str) -> "list[Node]":
        """Raises CodeInvalid."""
        if not isinstance(self.value, list):
            raise CodeInvalid(self.line, f"{what} is to be a list.")
        return self.value

    def only(self, what: str) -> "tuple[str, Node]":
        """The name and the value of what has one of each; raises CodeInvalid."""
        if not isinstance(self.value, dict) or len(self.value) != 1:
            raise CodeInvalid(self.line, f"{what} is to be one name with its value.")
        ((name, node),) = self.value.items()
        return name, node


def converted(plain: Any, kind: type[T], line: int) -> T:
    """Raises CodeInvalid."""
    try:
        return msgspec.convert(plain, kind, strict=True)
    except (msgspec.ValidationError, RecursionError) as error:
        raise CodeInvalid(line, f"{in_words(error, plain)}.") from error
