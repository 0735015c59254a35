"""Steps that make text, or change it."""

from typing import Annotated, Any

from msgspec import Meta

from connectors.steps.step import Here, Step, word_of


class ToText(Step, frozen=True, tag="text"):
    """As text. Ids stay exact, however long they are."""

    label, group = "As text", "Text"

    def apply(self, value: Any, here: Here) -> str:
        if isinstance(value, dict | list):
            raise ValueError("is not one value")
        return word_of(value)


class Trim(Step, frozen=True, tag="trim"):
    """Without white space around it. Nothing left is no value."""

    label, group = "Trim", "Text"

    def apply(self, value: Any, here: Here) -> str | None:
        return str(value).strip() or None


class Upper(Step, frozen=True, tag="upper"):
    """In capital letters."""

    label, group = "UPPER CASE", "Text"

    def apply(self, value: Any, here: Here) -> str:
        return str(value).upper()


class Lower(Step, frozen=True, tag="lower"):
    """In small letters."""

    label, group = "lower case", "Text"

    def apply(self, value: Any, here: Here) -> str:
        return str(value).lower()


class Fit(Step, frozen=True, tag="fit"):
    """Cut to what the target's field holds."""

    label, group = "Cut to a length", "Text"

    length: Annotated[int, Meta(title="Most characters", ge=1, le=100_000)]

    def apply(self, value: Any, here: Here) -> str:
        return str(value)[: self.length]
