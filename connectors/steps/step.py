"""What a step is: data with typed parameters, and what it does to one value."""

from dataclasses import dataclass
from typing import Any, ClassVar

import msgspec

from connectors.context import Context


@dataclass(frozen=True, slots=True)
class Here:
    """Where a step stands: the whole record, and the element of a list that is being read."""

    context: Context
    record: Any
    element: Any


class Step(
    msgspec.Struct,
    frozen=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    tag_field="step",
):
    """One conversion on a mapping line.

    The docstring of a kind is its help, its fields are its parameters: form, validation and
    documentation are made of them (`connectors.steps.kinds`). As data a step is an object with
    its kind under `step`: {"step": "fit", "length": 30}.
    """

    label: ClassVar[str]
    group: ClassVar[str]
    takes_none: ClassVar[bool] = False  # else a value that is None passes by

    @property
    def kind(self) -> str:
        return str(self.__struct_config__.tag)

    def check(self) -> None:
        """Raises ValueError for parameters that their types alone cannot refuse."""

    def apply(self, value: Any, here: Here) -> Any:
        """The new value; raises ValueError with words that follow the value, or a Failure."""
        raise NotImplementedError


def word_of(value: Any) -> str:
    """As text and as a table's key: what JSON calls true, 50 and 2.5 is «true», «50» and «2.5».

    Raises ValueError for a list or an object, which is not one value.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict | list | tuple):
        raise ValueError(
            f"is {'an object' if isinstance(value, dict) else 'a list'}, not one value"
        )
    return str(value)
