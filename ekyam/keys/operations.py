"""Making, rotating and ending keys and applications. Call them inside the company's scope."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

from django.db import connection as db
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext

from ekyam.audit.record import record
from ekyam.keys import sign_in, spelling
from ekyam.keys.models import LIVE_TOGETHER, ApiKey, Application, ApplicationSecret, ShownOnce
from ekyam.tenants.models import Tenant, User
from ekyam.tenants.rights import Right

USUAL_DAYS = 365
LONGEST_DAYS = 730
OVERLAP = timedelta(days=7)  # in which the new one takes over, and the old one still works
GRANTABLE = frozenset(Right) - {Right.OWN}  # who owns a company is decided by people

Row = TypeVar("Row", bound=ShownOnce)
_ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtextextended('ekyam.keys:' || %s, 0))"


class NameTaken(Exception):
    """A live one of this name is there: it can be rotated, or another name chosen."""


class TwoAreLive(Exception):
    """Two of them are live already: the older must be revoked first."""


class TooMuch(Exception):
    """A right was asked for that the person who asks does not have."""


@dataclass(frozen=True)
class Made(Generic[Row]):
    """`secret` is seen here, once, and nowhere again."""

    row: Row
    secret: str


def make_key(
    *,
    tenant: Tenant,
    maker: User,
    may: frozenset[Right],
    name: str,
    rights: Iterable[str],
    days: int,
) -> Made[ApiKey]:
    """`may` is what the maker has. Raises NameTaken, TooMuch."""
    granted = _granted(rights, may)
    _lock(tenant, name)
    _free_slots(ApiKey.objects.filter(name=name))
    if ApiKey.objects.filter(name=name, revoked_at=None).exists():
        raise NameTaken
    row = ApiKey(tenant=tenant, maker=maker, name=name, rights=granted, slot=0)
    made = _write(row, spelling.kind_of_keys(), _in_days(days))
    _tell("key.made", row, after={"rights": granted, "expires_at": row.expires_at})
    return made


def rotate_key(key: ApiKey, *, maker: User, may: frozenset[Right], days: int) -> Made[ApiKey]:
    """A second one of the same name; the first ends in a week. Raises TwoAreLive, TooMuch.

    The new one is of whoever asks for it, so that work goes on after the first maker has left.
    """
    granted = _granted(key.rights, may)
    _lock(key.tenant, key.name)
    siblings = ApiKey.objects.filter(name=key.name)
    slot = _free_slot(siblings)
    row = ApiKey(tenant=key.tenant, maker=maker, name=key.name, rights=granted, slot=slot)
    made = _write(row, spelling.kind_of_keys(), _in_days(days))
    _end_soon(siblings.exclude(pk=row.pk))
    _tell("key.rotated", row, after={"rights": granted, "expires_at": row.expires_at})
    return made


def revoke_key(key: ApiKey) -> bool:
    """At once: the next request is refused. False if it had ended before."""
    if not _revoke(ApiKey.objects.filter(pk=key.pk)):
        return False
    _tell("key.revoked", key)
    return True


def make_application(
    *,
    tenant: Tenant,
    maker: User,
    may: frozenset[Right],
    name: str,
    rights: Iterable[str],
    redirects: Sequence[str],
    asks: bool,
) -> Made[ApplicationSecret]:
    """With its first secret. Raises NameTaken, TooMuch."""
    granted = _granted(rights, may)
    _lock(tenant, name)
    if Application.objects.filter(name=name, revoked_at=None).exists():
        raise NameTaken
    application = Application.objects.create(
        tenant=tenant,
        maker=maker,
        name=name,
        rights=granted,
        redirects=list(redirects),
        asks=asks,
    )
    sign_in.keep_client(application)
    made = _write_secret(application, slot=0)
    after = {"rights": granted, "redirects": list(redirects), "asks": asks}
    _tell("application.made", application, after=after)
    return made


def rotate_secret(application: Application, *, may: frozenset[Right]) -> Made[ApplicationSecret]:
    """A second secret; the first ends in a week. Raises TwoAreLive, and TooMuch: whoever has it
    may do what the application may.
    """
    _granted(application.rights, may)
    _lock(application.tenant, application.public_id)
    siblings = application.secrets.all()
    made = _write_secret(application, slot=_free_slot(siblings))
    _end_soon(siblings.exclude(pk=made.row.pk))
    _tell("application.secret_rotated", application, after={"expires_at": made.row.expires_at})
    return made


def revoke_secret(secret: ApplicationSecret) -> bool:
    """At once. False if it had ended before."""
    if not _revoke(ApplicationSecret.objects.filter(pk=secret.pk)):
        return False
    _tell("application.secret_revoked", secret.application)
    return True


def revoke_application(application: Application) -> bool:
    """At once, with its secrets and tokens: people cannot sign in to it either."""
    if not _revoke(Application.objects.filter(pk=application.pk)):
        return False
    _revoke(application.secrets.all())
    sign_in.forget_client(application)
    _tell("application.revoked", application)
    return True


def _granted(rights: Iterable[str], may: frozenset[Right]) -> list[str]:
    granted = {Right(right) for right in rights}
    if not granted <= may & GRANTABLE:
        raise TooMuch
    return [right.value for right in Right if right in granted]


def _in_days(days: int) -> datetime:
    if not 0 < days <= LONGEST_DAYS:
        raise ValueError(
            gettext("A key lives for 1 to {longest_days} days.").format(longest_days=LONGEST_DAYS)
        )
    return timezone.now() + timedelta(days=days)


def _lock(tenant: Tenant, name: str) -> None:
    with db.cursor() as cursor:
        cursor.execute(_ONE_AT_A_TIME, [f"{tenant.pk}:{name}"])


def _free_slots(rows: "QuerySet[Any]") -> None:
    """What has expired is as good as revoked, and makes room."""
    now = timezone.now()
    rows.filter(revoked_at=None, expires_at__lte=now).update(revoked_at=now)


def _free_slot(rows: "QuerySet[Any]") -> int:
    _free_slots(rows)
    taken = set(rows.filter(revoked_at=None).values_list("slot", flat=True))
    free = [slot for slot in range(LIVE_TOGETHER) if slot not in taken]
    if not free:
        raise TwoAreLive
    return free[0]


def _end_soon(rows: "QuerySet[Any]") -> None:
    soon = timezone.now() + OVERLAP
    rows.filter(revoked_at=None, expires_at__gt=soon).update(expires_at=soon)


def _write_secret(application: Application, slot: int) -> Made[ApplicationSecret]:
    row = ApplicationSecret(tenant=application.tenant, application=application, slot=slot)
    return _write(row, spelling.Kind.APPLICATION, _in_days(USUAL_DAYS))


def _write(row: Row, kind: spelling.Kind, expires_at: datetime) -> Made[Row]:
    secret = spelling.write_new(kind)
    written = spelling.read(secret)
    assert written is not None
    row.prefix_of_secret, row.digest = written.prefix, written.digest
    row.expires_at = expires_at
    row.save(force_insert=True)
    return Made(row, secret)


def _revoke(rows: "QuerySet[Any]") -> int:
    return rows.filter(revoked_at=None).update(revoked_at=timezone.now())


def _tell(action: str, row: ApiKey | Application, after: Mapping[str, Any] | None = None) -> None:
    record(action, subject=row.public_id, label=row.name, after=after)
