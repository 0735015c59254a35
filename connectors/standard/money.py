"""The one sum that must hold on every order, to the cent."""

from collections.abc import Iterable
from decimal import Decimal

from connectors.errors import MoneyMismatch
from connectors.standard.record import ZERO


def add(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, ZERO)


def check_total(*, stated: Decimal, computed: Decimal, currency: str, what: str, how: str) -> None:
    """Raise MoneyMismatch, with the sum spelled out, unless both are the same amount."""
    if stated != computed:
        raise MoneyMismatch(
            f"{what} says {stated} {currency}, but {how} is {computed} {currency}:"
            f" a difference of {stated - computed}.",
            line="total",
            value=str(stated),
        )
