"""Steps that make numbers and money. They are exact: nothing is rounded unasked."""

import decimal
import math
import re
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Literal

from msgspec import Meta

from connectors.steps.step import Here, Step, word_of

MOST_DIGITS = 40  # on each side of the point: no amount and no measure needs more
EXACT = decimal.Context(prec=120)  # what two such numbers give is not rounded on the way

Places = Annotated[int, Meta(ge=0, le=12)]
Mode = Literal["half_even", "half_up", "half_down", "up", "down"]
_MODES: dict[str, str] = {
    "half_even": decimal.ROUND_HALF_EVEN,
    "half_up": decimal.ROUND_HALF_UP,
    "half_down": decimal.ROUND_HALF_DOWN,
    "up": decimal.ROUND_UP,
    "down": decimal.ROUND_DOWN,
}

_THOUSANDS = {
    "": "(?!)",
    ",": ",",
    ".": r"\.",
    " ": "[ \u00a0\u202f]",
    "'": "['\u2019]",
}


def exact(value: Any) -> Decimal:
    """Raises ValueError for what is not a finite number of a size that stands for something."""
    if isinstance(value, bool | dict | list | tuple) or value is None:
        raise ValueError("is not a number")
    try:
        # Python takes 1_000 for a number; nobody else does.
        found = Decimal("_" if "_" in (text := str(value)) else text.strip())
    except (InvalidOperation, ValueError) as error:
        raise ValueError("is not a number") from error
    if not found.is_finite():
        raise ValueError("is not a number")
    if found.adjusted() > MOST_DIGITS or _places_of(found) > MOST_DIGITS:
        raise ValueError(f"has more than {MOST_DIGITS} digits")
    return found


def _places_of(number: Decimal) -> int:
    return max(0, -int(number.as_tuple().exponent))


def is_reckonable(number: Decimal) -> bool:
    """Whether anybody can do sums with it. Of 1E+999999 alone a whole number is a megabyte, and
    takes minutes to be told."""
    longest = 2 * EXACT.prec
    return number.is_finite() and number.adjusted() <= longest and _places_of(number) <= longest


def rounded(number: Decimal, places: int, mode: Mode = "half_even") -> Decimal:
    return number.quantize(Decimal(1).scaleb(-places), _MODES[mode], EXACT)


class ToDecimal(Step, frozen=True, tag="decimal"):
    """An exact decimal number. Marks of thousands and a decimal comma are read only where they
    are declared: «1.234» is never guessed at."""

    label, group = "As a decimal number", "Numbers"

    point: Annotated[Literal[".", ","], Meta(title="Decimal mark")] = "."
    thousands: Annotated[
        Literal["", ",", ".", " ", "'"],
        Meta(title="Mark of thousands", description="A space also stands for a narrow one."),
    ] = ""

    def check(self) -> None:
        if self.point == self.thousands:
            raise ValueError("has the same mark for decimals and for thousands")

    def apply(self, value: Any, here: Here) -> Decimal:
        if not isinstance(value, str) or (self.point == "." and not self.thousands):
            return exact(value)
        return exact(self._plain(value.strip()))

    def _plain(self, text: str) -> str:
        """As Decimal reads it; groups must be of three, or the mark is not one of thousands."""
        mark = _THOUSANDS[self.thousands]
        form = rf"([+-]?)(\d{{1,3}}(?:{mark}\d{{3}})+|\d+)(?:{re.escape(self.point)}(\d+))?"
        found = re.fullmatch(form, text, re.ASCII)
        if found is None:
            raise ValueError("is not a number that is written so")
        sign, whole, places = found.groups()
        return sign + re.sub(mark, "", whole) + (f".{places}" if places else "")


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
        fixed = rounded(found, self.places)
        if fixed != found:
            raise ValueError(f"has more than {self.places} decimals")
        return str(fixed)


class Round(Step, frozen=True, tag="round"):
    """Rounded to a number of decimals. `half_even` is what banks do: 0.125 is 0.12, 0.135 is
    0.14; `half_up` is what shops do: 0.125 is 0.13; `up` is away from zero, `down` toward it."""

    label, group = "Round", "Numbers"

    places: Annotated[Places, Meta(title="Decimals")] = 2
    mode: Annotated[Mode, Meta(title="What is between goes")] = "half_even"

    def apply(self, value: Any, here: Here) -> Decimal:
        return rounded(exact(value), self.places, self.mode)


class Absolute(Step, frozen=True, tag="absolute"):
    """Without its minus sign."""

    label, group = "Without the sign", "Numbers"

    def apply(self, value: Any, here: Here) -> Decimal:
        return exact(value).copy_abs()


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


def finite(value: Any) -> bool:
    """Whether it is anything but a NaN or an infinity."""
    return not isinstance(value, float) or math.isfinite(value)
