"""Steps about currencies: whether a code is one, and amounts at the rate of a day."""

from datetime import date
from decimal import Decimal
from functools import cache
from typing import Annotated, Any

from msgspec import Meta

from connectors.steps.numbers import EXACT, Mode, exact, rounded
from connectors.steps.paths import check_path, look_up
from connectors.steps.step import Here, Step, word_of
from connectors.steps.times import instant


@cache
def codes() -> frozenset[str]:
    """ISO 4217."""
    import pycountry  # noqa: PLC0415, RUF100 - half a second, for who needs it only

    return frozenset(one.alpha_3 for one in pycountry.currencies)


class ToCurrency(Step, frozen=True, tag="currency"):
    """The code of a currency, as «EUR». What ISO 4217 does not know is refused."""

    label, group = "As a currency", "Money"

    def apply(self, value: Any, here: Here) -> str:
        code = word_of(value).strip().upper()
        if code not in codes():
            raise ValueError("is not the code of a currency")
        return code


class ConvertMoney(Step, frozen=True, tag="convert_money"):
    """An amount in another currency, at the rate of a day out of the company's table. Without a
    rate it is refused. In the same currency it stays as it is."""

    label, group = "Convert an amount", "Money"

    to: Annotated[str, Meta(title="To", pattern="^[A-Z]{3}$", examples=["EUR"])]
    currency: Annotated[str, Meta(title="From", pattern="^([A-Z]{3})?$", examples=["INR"])] = ""
    currency_path: Annotated[
        str, Meta(title="or from the currency at", max_length=1000, examples=["currency"])
    ] = ""
    day_path: Annotated[
        str,
        Meta(
            title="At the rate of the day at",
            description="A path beside the value, or in the whole record; empty is today.",
            max_length=1000,
            examples=["placed_at"],
        ),
    ] = ""
    places: Annotated[int, Meta(title="Decimals", ge=0, le=6)] = 2
    mode: Annotated[Mode, Meta(title="What is between goes")] = "half_even"

    def check(self) -> None:
        if bool(self.currency) == bool(self.currency_path):
            raise ValueError("needs the currency, or the path to it: one of the two")
        for code in filter(None, (self.to, self.currency)):
            if code not in codes():
                raise ValueError(f"names the currency «{code}», which there is not")
        check_path(self.currency_path)
        check_path(self.day_path)

    def apply(self, value: Any, here: Here) -> Decimal:
        amount, base = exact(value), self._base(here)
        if base == self.to:
            return amount
        day = self._day(here)
        rate = here.context.find_rate(base, self.to, day)
        if rate is None or not rate.is_finite() or rate <= 0:
            raise ValueError(f"needs a rate from {base} to {self.to} on {day}, and there is none")
        return rounded(EXACT.multiply(amount, rate), self.places, self.mode)

    def _base(self, here: Here) -> str:
        if self.currency:
            return self.currency
        found = look_up(self.currency_path, here)
        if found is None:
            raise ValueError(f"has no currency: {self.currency_path} is empty")
        code = word_of(found).strip().upper()
        if code not in codes():
            raise ValueError(f"is in «{code[:20]}», which is not the code of a currency")
        return code

    def _day(self, here: Here) -> date:
        if self.day_path:
            found = look_up(self.day_path, here)
            if found is None:
                raise ValueError(f"has no day: {self.day_path} is empty")
            try:
                return instant(found).date()
            except ValueError as error:
                raise ValueError(f"has no day: {self.day_path} {error}") from error
        if here.context.now is None:
            raise ValueError("needs a day for the rate, and has none")
        return here.context.now.date()
