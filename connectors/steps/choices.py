"""Steps that put one value in the place of another."""

from typing import Annotated, Any, ClassVar

from msgspec import UNSET, Meta, UnsetType

from connectors.errors import MissingRow
from connectors.steps.step import Here, Step, word_of

Name = Annotated[str, Meta(min_length=1, max_length=60)]


class Default(Step, frozen=True, tag="default"):
    """This value where the source has none."""

    label, group = "Default", "Choices"
    takes_none: ClassVar[bool] = True

    value: Annotated[Any, Meta(title="Value")]

    def apply(self, value: Any, here: Here) -> Any:
        return self.value if value in (None, "") else value


class Constant(Step, frozen=True, tag="constant"):
    """Always this value, whatever the source holds."""

    label, group = "Constant", "Choices"
    takes_none: ClassVar[bool] = True

    value: Annotated[Any, Meta(title="Value")]

    def apply(self, value: Any, here: Here) -> Any:
        return self.value


class Setting(Step, frozen=True, tag="setting"):
    """The value of a setting of the connection, where the source has none."""

    label, group = "Setting of the connection", "Choices"
    takes_none: ClassVar[bool] = True

    name: Annotated[Name, Meta(title="Setting")]

    def apply(self, value: Any, here: Here) -> Any:
        return value or here.context.settings.get(self.name) or None


class Choose(Step, frozen=True, tag="choose"):
    """One word by another, by a table on the line. What is not in it is refused, or `otherwise`."""

    label, group = "Choose by a table", "Choices"

    table: Annotated[dict[str, Any], Meta(title="Table")]
    otherwise: Annotated[Any | UnsetType, Meta(title="Otherwise")] = UNSET

    def apply(self, value: Any, here: Here) -> Any:
        found = self.table.get(word_of(value), UNSET)
        if found is not UNSET:
            return found
        if self.otherwise is UNSET:
            raise ValueError(f"is not one of {', '.join(sorted(self.table))}")
        return self.otherwise


class Lookup(Step, frozen=True, tag="lookup"):
    """The row of a lookup table of the company. Without one the record waits for it, unless
    `otherwise` is given."""

    label, group = "Lookup table", "Choices"

    table: Annotated[Name, Meta(title="Table")]
    otherwise: Annotated[Any | UnsetType, Meta(title="Otherwise")] = UNSET
    keep: Annotated[bool, Meta(title="Without a row keep the value")] = False

    def apply(self, value: Any, here: Here) -> Any:
        key = word_of(value)
        found = here.context.find_row(self.table, key)
        if found is not None:
            return found
        if self.keep:
            return value
        if self.otherwise is UNSET:
            raise MissingRow(self.table, key)
        return self.otherwise
