"""The step from one unit of measure to another: exact, by what the units are defined to be."""

from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, UnsetType

from connectors.steps.numbers import EXACT, Mode, Places, exact, rounded
from connectors.steps.paths import check_path, look_up
from connectors.steps.step import Here, Step, word_of

Unit = Literal[
    "mg", "g", "kg", "t", "oz", "lb",
    "mm", "cm", "m", "km", "in", "ft", "yd",
    "ml", "cl", "l", "cm3", "m3", "in3", "ft3", "fl_oz_us", "gal_us", "fl_oz_uk", "gal_uk",
]  # fmt: skip

# Grams, millimetres and millilitres. Pound and inch are exact by the agreement of 1959.
_SIZES: dict[str, dict[str, str]] = {
    "weight": {
        "mg": "0.001", "g": "1", "kg": "1000", "t": "1000000",
        "oz": "28.349523125", "lb": "453.59237",
    },
    "length": {
        "mm": "1", "cm": "10", "m": "1000", "km": "1000000",
        "in": "25.4", "ft": "304.8", "yd": "914.4",
    },
    "volume": {
        "ml": "1", "cl": "10", "l": "1000", "cm3": "1", "m3": "1000000",
        "in3": "16.387064", "ft3": "28316.846592",
        "fl_oz_us": "29.5735295625", "gal_us": "3785.411784",
        "fl_oz_uk": "28.4130625", "gal_uk": "4546.09",
    },
}  # fmt: skip
_OTHER_NAMES = {
    "gram": "g", "grams": "g", "kilogram": "kg", "kilograms": "kg", "kgs": "kg",
    "pound": "lb", "pounds": "lb", "lbs": "lb", "ounce": "oz", "ounces": "oz",
    "inch": "in", "inches": "in", "foot": "ft", "feet": "ft",
    "litre": "l", "litres": "l", "liter": "l", "liters": "l",
}  # fmt: skip
_WHAT = {unit: what for what, sizes in _SIZES.items() for unit in sizes}
_SIZE = {unit: Fraction(size) for sizes in _SIZES.values() for unit, size in sizes.items()}


class ConvertUnit(Step, frozen=True, tag="unit"):
    """From one unit to another: weights, lengths, volumes. It is exact where that can be written;
    else (1 g is 0.0352739619495804… oz) it has 28 decimals, or as many as you say."""

    label, group = "Convert a unit", "Numbers"

    to: Annotated[Unit, Meta(title="To")]
    unit: Annotated[Unit | UnsetType, Meta(title="From")] = UNSET
    unit_path: Annotated[
        str,
        Meta(
            title="or from the unit at",
            description="A path beside the value, or in the whole record.",
            max_length=1000,
            examples=["weight_unit"],
        ),
    ] = ""
    places: Annotated[Places | UnsetType, Meta(title="Decimals")] = UNSET
    mode: Annotated[Mode, Meta(title="What is between goes")] = "half_even"

    def check(self) -> None:
        if (self.unit is UNSET) == (not self.unit_path):
            raise ValueError("needs the unit, or the path to it: one of the two")
        check_path(self.unit_path)
        if self.unit is not UNSET:
            _factor(self.unit, self.to)

    def apply(self, value: Any, here: Here) -> Decimal:
        product = Fraction(exact(value)) * _factor(self._unit(here), self.to)
        found = EXACT.divide(Decimal(product.numerator), Decimal(product.denominator))
        if self.places is not UNSET:
            return rounded(found, self.places, self.mode)
        whole = found == found.to_integral_value()
        short = EXACT.quantize(found, Decimal(1)) if whole else found.normalize(EXACT)
        return short if -int(short.as_tuple().exponent) <= 28 else rounded(found, 28)

    def _unit(self, here: Here) -> str:
        if self.unit is not UNSET:
            return self.unit
        found = look_up(self.unit_path, here)
        if found is None:
            raise ValueError(f"has no unit: {self.unit_path} is empty")
        name = word_of(found).strip().lower().rstrip(".")
        return _OTHER_NAMES.get(name, name)


def _factor(unit: str, to: str) -> Fraction:
    """How many of `to` one `unit` is. Raises ValueError."""
    if unit not in _WHAT:
        raise ValueError(f"is in «{unit[:20]}», a unit that is not known")
    if _WHAT[unit] != _WHAT[to]:
        raise ValueError(f"is a {_WHAT[unit]} in {unit}, which has no size in {to}")
    return _SIZE[unit] / _SIZE[to]
