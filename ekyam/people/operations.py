"""What changes a person's factors and remembered browsers; each is noted, and told by mail."""

from typing import NamedTuple

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy

from ekyam.people.demands import demands_of
from ekyam.people.models import Factor, PhoneFactor, RecoverySheet, RememberedBrowser, TotpFactor
from ekyam.people.notes import note_for_person, tell_person
from ekyam.people.ways import FACTORS, count_recovery_codes, list_factors
from ekyam.sessions.rows import end, live
from ekyam.tenants.models import User

MOST = 10  # factors of one person
TEXT = gettext_lazy("""{what}

If that was not you, change your password now, and look at "Your security" in Ekyam.
""")


class IsLast(Exception):
    """The message names who asks for a factor."""


class TooManyFactors(Exception):
    """Nobody needs that many."""


class Added(NamedTuple):
    """`codes`: the recovery codes that were made with a first factor; they are shown once."""

    factor: Factor
    codes: list[str]


def begin_totp(user: User) -> TotpFactor:
    """A secret that is not good for anything until a code of it was shown."""
    TotpFactor.objects.filter(user=user, confirmed=False).delete()
    factor = TotpFactor(user=user, name="Authenticator app", confirmed=False)
    factor.make_secret()
    factor.save()
    return factor


def begin_phone(user: User, number: str) -> PhoneFactor:
    """The same row for the same number, so that beginning anew sends no more texts an hour."""
    waiting = PhoneFactor.objects.filter(user=user, confirmed=False)
    waiting.exclude(number=number).delete()
    name = f"Mobile phone ···{number[-2:]}"
    found: PhoneFactor = waiting.first() or PhoneFactor.objects.create(
        user=user, number=number, name=name, confirmed=False
    )
    return found


@transaction.atomic
def add_factor(factor: Factor, *, address: str) -> Added:
    """From now on it counts. A phone takes the place of the one before."""
    user = User.objects.select_for_update().get(pk=factor.user_id)
    if len(list_factors(user)) >= MOST:
        raise TooManyFactors
    if isinstance(factor, PhoneFactor):
        PhoneFactor.objects.filter(user=user, confirmed=True).exclude(pk=factor.pk).delete()
    factor.confirmed = True
    factor.save(update_fields=["confirmed"])
    # Whoever has one factor, and that a phone above all, must have another way in as well.
    codes = [] if count_recovery_codes(user) else _sheet_of(user).write()
    tell_person(
        user,
        gettext("A way to sign in was added"),
        TEXT.format(what=gettext("Added: {name}.").format(name=factor.name)),
    )
    after = {"way": factor.way, "name": factor.name}
    note_for_person(user, "person.factor_added", address=address, after=after)
    return Added(factor, codes)


@transaction.atomic
def remove_factor(user: User, public_id: str, *, address: str) -> str:
    """Return the name of what is gone. Raises Factor.DoesNotExist (of any kind) or IsLast."""
    user = User.objects.select_for_update().get(pk=user.pk)
    factors = list_factors(user)
    found = next((one for one in factors if one.public_id == public_id), None)
    if found is None:
        raise TotpFactor.DoesNotExist
    if len(factors) == 1 and (requiring := demands_of(user).requiring):
        raise IsLast(
            gettext("{requiring} asks for a second factor. Add another one before.").format(
                requiring=requiring[0]
            )
        )
    found.delete()
    if len(factors) == 1:
        RecoverySheet.objects.filter(user=user).delete()
    name = str(found.name)
    tell_person(
        user,
        gettext("A way to sign in was removed"),
        TEXT.format(what=gettext("Removed: {name}.").format(name=name)),
    )
    after = {"way": found.way, "name": name}
    note_for_person(user, "person.factor_removed", address=address, after=after)
    return name


@transaction.atomic
def renew_recovery_codes(user: User, *, address: str) -> list[str]:
    """The old ones are void. The new ones can be read here, and never again."""
    User.objects.select_for_update().get(pk=user.pk)
    codes = _sheet_of(user).write()
    tell_person(
        user,
        gettext("New recovery codes"),
        TEXT.format(what=gettext("New recovery codes were made.")),
    )
    note_for_person(user, "person.recovery_codes_renewed", address=address)
    return codes


@transaction.atomic
def forget_browsers(user: User, *, address: str, public_id: str = "") -> int:
    """One of them, or all; return how many were forgotten."""
    rows = [
        one
        for one in RememberedBrowser.objects.filter(user=user)
        if public_id in ("", one.public_id)
    ]
    RememberedBrowser.objects.filter(pk__in=[one.pk for one in rows]).delete()
    if rows:
        after = {"browsers": [one.name for one in rows]}
        note_for_person(user, "person.browser_forgotten", address=address, after=after)
    return len(rows)


@transaction.atomic
def reset_factors(user: User) -> int:
    """For somebody who has lost all of them; staff has made sure who asks. Return how many.

    Whoever found them may be signed in by now: every session ends.
    """
    models: tuple[type[Factor], ...] = (*FACTORS.values(), RecoverySheet, RememberedBrowser)
    gone = sum(model.objects.filter(user=user).delete()[0] for model in models)
    end(live(timezone.now()).filter(user=user))
    tell_person(
        user,
        gettext("Your second factor was reset"),
        TEXT.format(what=gettext("Ekyam's staff reset it.")),
    )
    note_for_person(user, "person.factors_reset")
    return gone


def _sheet_of(user: User) -> RecoverySheet:
    sheet: RecoverySheet
    sheet, _ = RecoverySheet.objects.get_or_create(user=user, defaults={"name": "Recovery codes"})
    return sheet
