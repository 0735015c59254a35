"""The ways in which a person can show a second factor, and which of them are open to whom."""

from collections.abc import Iterator
from enum import StrEnum
from typing import Any

from ekyam.people.models import Factor, Passkey, PhoneFactor, RecoverySheet, TotpFactor
from ekyam.tenants.models import User


class Way(StrEnum):
    SMS = "sms"
    TOTP = "totp"
    PASSKEY = "passkey"
    RECOVERY = "recovery"
    MAIL = "mail"  # only before there is any factor


# Recovery codes are a way out for whoever has another factor, not a factor by themselves.
FACTORS: dict[Way, type[Factor]] = {
    Way.TOTP: TotpFactor,
    Way.SMS: PhoneFactor,
    Way.PASSKEY: Passkey,
}
MODELS: dict[Way, type[Factor]] = {**FACTORS, Way.RECOVERY: RecoverySheet}


def list_factors(user: User) -> list[Any]:
    """Those that stand, the last used one first; without the recovery codes."""
    return sorted(_factors(user), key=lambda one: one.last_used_at or one.created_at, reverse=True)


def _factors(user: User) -> Iterator[Factor]:
    for model in FACTORS.values():
        yield from model.objects.filter(user=user, confirmed=True)


def list_ways(user: User) -> list[Way]:
    """The one to ask for first, first. Nobody is without one: the mailbox is left."""
    ways = list(dict.fromkeys(Way(factor.way) for factor in list_factors(user)))
    if not ways:
        return [Way.MAIL]
    return [*ways, Way.RECOVERY] if count_recovery_codes(user) else ways


def count_recovery_codes(user: User) -> int:
    sheet = RecoverySheet.objects.filter(user=user).first()
    return sheet.codes.count() if sheet else 0
