"""Steps that put one value in the place of another."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, ClassVar

from msgspec import UNSET, Meta, UnsetType

from connectors.conditions import ConditionFailed, compile_expression
from connectors.errors import MissingRow
from connectors.steps.numbers import finite
from connectors.steps.step import Here, Step, word_of

Name = Annotated[str, Meta(min_length=1, max_length=60)]
Cel = Annotated[str, Meta(min_length=1, max_length=1000, extra={"type": "expression"})]


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


class When(Step, frozen=True, tag="when"):
    """One value where a condition in CEL holds, another where it does not. The condition knows
    `value`, the whole `record`, and the `element` of the list that is being read. Without
    `otherwise` the value stays as it is."""

    label, group = "When", "Choices"
    takes_none: ClassVar[bool] = True

    condition: Annotated[Cel, Meta(title="When", examples=["record.currency == 'INR'"])]
    then: Annotated[Any, Meta(title="Then")]
    otherwise: Annotated[Any | UnsetType, Meta(title="Otherwise")] = UNSET

    def check(self) -> None:
        check_names(self.condition)

    def apply(self, value: Any, here: Here) -> Any:
        try:
            holds = compile_expression(self.condition).holds(_names(value, here))
        except ConditionFailed as error:
            raise ValueError(f"has no answer to the condition: {error}") from error
        if holds:
            return self.then
        return value if self.otherwise is UNSET else self.otherwise


class Calculate(Step, frozen=True, tag="calculate"):
    """What an expression in CEL gives, out of `value`, `record` and `element`. CEL counts with
    15 digits: round an amount afterwards."""

    label, group = "Calculate", "Numbers"

    expression: Annotated[Cel, Meta(title="Expression", examples=["value * 1.18"])]

    def check(self) -> None:
        check_names(self.expression)

    def apply(self, value: Any, here: Here) -> Any:
        try:
            found = compile_expression(self.expression).value(_names(value, here))
        except ConditionFailed as error:
            raise ValueError(f"cannot be calculated with: {error}") from error
        if not isinstance(found, _PLAIN) or not finite(found):
            raise ValueError("gives nothing that can be written")
        # Its shortest form, as 0.3 is meant by what a computer keeps as 0.299999999999999989.
        return Decimal(repr(found)) if isinstance(found, float) else found


_PLAIN = (str, int, float, list, dict, datetime, type(None))
NAMES = frozenset({"value", "record", "element"})


def check_names(text: str) -> None:
    """Raises ConditionInvalid, or ValueError for a name that a step does not know."""
    compile_expression(text).check_names(NAMES)


def _names(value: Any, here: Here) -> Mapping[str, Any]:
    return {"value": value, "record": here.record, "element": here.element}
