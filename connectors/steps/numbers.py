"""Steps that make numbers and money. They are exact: nothing is rounded unasked."""

from decimal import Decimal, InvalidOperation
from typing import Annotated, Any

from msgspec import Meta

from connectors.steps.step import Here, Step, word_of


def exact(value: Any) -> Decimal:
    """Raises ValueError for what is not a finite number."""
    if isinstance(value, bool | dict | list):
        raise ValueError("is not a number")
    try:
        found = Decimal(str(value).strip())
    except InvalidOperation as error:
        raise ValueError("is not a number") from error
    if not found.is_finite():
        raise ValueError("is not a number")
    return found


class ToDecimal(Step, frozen=True, tag="decimal"):
    """An exact decimal number."""

    label, group = "As a decimal number", "Numbers"

    def apply(self, value: Any, here: Here) -> Decimal:
        return exact(value)


class ToWhole(Step, frozen=True, tag="whole_number"):
    """A whole number; 2.0 is one, 2.5 is refused."""

    label, group = "As a whole number", "Numbers"

    def apply(self, value: Any, here: Here) -> int:
        found = exact(value)
        if found != found.to_integral_value():
            raise ValueError("is not a whole number")
        return int(found)


class ToNumber(Step, frozen=True, tag="number"):
    """As the number that a vendor wants for a quantity: whole when it is whole."""

    label, group = "As a plain number", "Numbers"

    def apply(self, value: Any, here: Here) -> int | float:
        found = exact(value)
        return int(found) if found == found.to_integral_value() else float(found)


class ToMoney(Step, frozen=True, tag="money"):
    """As text with a fixed number of decimals. More precision than that is refused, not rounded."""

    label, group = "As an amount of money", "Numbers"

    places: Annotated[int, Meta(title="Decimals", ge=0, le=6)] = 2

    def apply(self, value: Any, here: Here) -> str:
        found = exact(value)
        fixed = found.quantize(Decimal(1).scaleb(-self.places))
        if fixed != found:
            raise ValueError(f"has more than {self.places} decimals")
        return str(fixed)


class Absolute(Step, frozen=True, tag="absolute"):
    """Without its minus sign."""

    label, group = "Without the sign", "Numbers"

    def apply(self, value: Any, here: Here) -> Decimal:
        return abs(exact(value))


class ToBoolean(Step, frozen=True, tag="boolean"):
    """Yes or no, by the words for each; what is neither is refused."""

    label, group = "As yes or no", "Numbers"

    yes: Annotated[tuple[str, ...], Meta(title="Words for yes")] = ("true", "t", "yes", "y", "1")
    no: Annotated[tuple[str, ...], Meta(title="Words for no")] = ("false", "f", "no", "n", "0", "")

    def apply(self, value: Any, here: Here) -> bool:
        word = word_of(value).strip().lower()
        if word in self.yes:
            return True
        if word in self.no:
            return False
        raise ValueError("is neither yes nor no")
