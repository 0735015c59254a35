"""Who shows this key, this token, this secret? One question, and one answer to all that is wrong.

Neither a key nor a token is trusted for longer than one look at its row: what is revoked is refused
by the next request, and rights are those of this moment.
"""

import hmac
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

import structlog
from django.conf import settings
from django.db.models import OuterRef, Q, Subquery
from django.utils import timezone

from ekyam import ids
from ekyam.audit.actors import Actor, Kind, acting
from ekyam.audit.record import record
from ekyam.keys import limits, signing, spelling
from ekyam.keys.models import ApiKey, Application, ApplicationSecret, ShownOnce
from ekyam.keys.tokens import read_token
from ekyam.tenants.models import Membership
from ekyam.tenants.rights import Right, rights_of
from ekyam.tenants.scope import across_tenants, tenant_scope
from ekyam.tenants.seats import Seat

log = structlog.get_logger(__name__)

USE_IS_TOLD_EVERY = timedelta(minutes=1)
NO_DIGEST = "0" * 64
Holder = ApiKey | Application
Row = TypeVar("Row", bound=ShownOnce)


class Refused(Exception):
    """`why` is for the company's audit log, and never for whoever knocks."""

    def __init__(self, why: str, holder: Holder | None = None) -> None:
        super().__init__(why)
        self.why, self.holder = why, holder


@dataclass(frozen=True)
class Caller:
    """An application that has proved itself."""

    application: Application
    role_of_maker: str | None

    @property
    def rights(self) -> frozenset[Right]:
        """What it may do by itself today. Raises Refused if its maker has left: people may sign in
        to it all the same."""
        return _rights_now(self, self.application)


def seat_of(header: str, address: str) -> Seat | None:
    """The seat of whoever sends this Authorization header from this address; None if nobody's."""
    began = time.monotonic()
    if limits.is_over(address):
        return None
    try:
        scheme, _, shown = header.partition(" ")
        if scheme.lower() != "bearer":
            raise Refused("malformed")
        return _of_key(shown, address) if shown.startswith("ekm_") else _of_token(shown, address)
    except Refused as refused:
        note_refusal(refused, address)
        _wait_out(began)
        return None


def find_caller(client_id: str, secret: str, address: str) -> Caller | None:
    """The application that has this id and this secret; None alike for all that is wrong."""
    began = time.monotonic()
    if limits.is_over(address):
        return None
    try:
        written = spelling.read(secret)
        if written is None or written.kind != spelling.Kind.APPLICATION:
            raise Refused("malformed", _find_application(client_id))
        row = _match(_find_secrets(client_id, written), written)
        if row is None:
            raise Refused("wrong secret", _find_application(client_id))
        _check_life(row, row.application)
        _check_open(row.application)
    except Refused as refused:
        note_refusal(refused, address)
        _wait_out(began)
        return None
    _note_use(row.application, address)
    return Caller(row.application, getattr(row, "role_of_maker", None))


def _wait_out(began: float) -> None:
    """A refusal takes the same time for a prefix that is somebody's as for one that is nobody's,
    although only the first is told to a company."""
    time.sleep(max(0.0, began + settings.EKYAM_KEY_REFUSAL_SECONDS - time.monotonic()))


def note_refusal(refused: Refused, address: str) -> None:
    """Counted each time; told to the company that it concerns once a minute."""
    limits.count_refusal(address)
    holder = refused.holder
    log.info("refused", why=refused.why, address=address, of=holder.public_id if holder else "")
    if holder is None or not limits.is_first(holder.public_id, address=address):
        return
    noun = "key" if isinstance(holder, ApiKey) else "application"
    with tenant_scope(holder.tenant_id), acting(_actor(holder, address)):
        after = {"why": refused.why}
        record(f"{noun}.refused", subject=holder.public_id, label=holder.name, after=after)


def _of_key(shown: str, address: str) -> Seat:
    written = spelling.read(shown)
    if written is None or written.kind != spelling.kind_of_keys():
        raise Refused("malformed")
    with across_tenants("find the company of an API key by its prefix"):
        found = ApiKey.objects.filter(prefix_of_secret=written.prefix)
        rows = list(found.select_related("tenant", "maker").annotate(role_of_maker=_role("")))
    key = _match(rows, written)
    if key is None:
        raise Refused("wrong secret", rows[0] if rows else None)
    _check_life(key, key)
    rights = _rights_now(key, key)
    _note_use(key, address)
    return _seat(key, rights, address)


def _of_token(shown: str, address: str) -> Seat:
    claims = read_token(shown)
    application = _find_application(claims.client_id, kid=claims.kid) if claims else None
    if claims is None or application is None or not application.is_signed:  # type: ignore[attr-defined]
        raise Refused("not a token of ours, or over")
    _check_open(application)
    rights = claims.rights & _rights_now(application, application)
    _note_use(application, address)
    return _seat(application, rights, address)


def _find_application(client_id: str, kid: str = "") -> Application | None:
    """Its `is_signed` says whether the signing key `kid` still counts."""
    try:
        id_ = ids.parse(Application.prefix, client_id)
    except ids.UnknownId:
        return None
    with across_tenants("find the company of an application by its client_id"):
        found = Application.objects.filter(pk=id_).select_related("tenant", "maker")
        asked = {"role_of_maker": _role(""), "is_signed": signing.is_published(kid)}
        return found.annotate(**asked).first()


def _find_secrets(client_id: str, written: spelling.Written) -> list[ApplicationSecret]:
    """Those of this application alone: another's secret, however right, is not its."""
    with across_tenants("find the company of an application by the prefix of its secret"):
        found = ApplicationSecret.objects.filter(prefix_of_secret=written.prefix)
        parts = ("application__tenant", "application__maker")
        rows = found.select_related(*parts).annotate(role_of_maker=_role("application__"))
        return [row for row in rows if row.application.public_id == client_id]


def _role(path: str) -> Subquery:
    """The maker's role in the company today."""
    mine = Membership.objects.filter(tenant=OuterRef("tenant"), user=OuterRef(f"{path}maker"))
    return Subquery(mine.values("role")[:1])


def _match(rows: Iterable[Row], written: spelling.Written) -> Row | None:
    """All are compared, and one that is nobody's as well: how long it takes tells nothing."""
    found: Row | None = None
    for row in rows:
        if hmac.compare_digest(row.digest, written.digest):
            found = row
    hmac.compare_digest(NO_DIGEST, written.digest)
    return found


def _check_life(row: ShownOnce, holder: Holder) -> None:
    if row.revoked_at is not None:
        raise Refused("revoked", holder)
    if not row.is_live(timezone.now()):
        raise Refused("expired", holder)


def _check_open(application: Application) -> None:
    if application.revoked_at is not None:
        raise Refused("revoked", application)


def _rights_now(row: object, holder: Holder) -> frozenset[Right]:
    """What it was granted, as far as the person who made it may do that today.

    `row` is the one that the maker's role was read with.
    """
    role = getattr(row, "role_of_maker", None)
    if not role or holder.maker is None or not holder.maker.is_active:
        raise Refused("its maker has left", holder)
    return holder.granted & rights_of(role)


def _note_use(holder: Holder, address: str) -> None:
    """One write a minute at most, however often it is used."""
    before = timezone.now() - USE_IS_TOLD_EVERY
    if holder.last_used_at is not None and holder.last_used_at >= before:
        return
    unsaid = Q(last_used_at=None) | Q(last_used_at__lt=before)
    with tenant_scope(holder.tenant_id):
        mine = type(holder)._default_manager.filter(unsaid, pk=holder.pk)
        mine.update(last_used_at=timezone.now(), last_used_from=address)


def _actor(holder: Holder, address: str) -> Actor:
    kind = Kind.KEY if isinstance(holder, ApiKey) else Kind.APPLICATION
    return Actor(kind, holder.public_id, holder.name, address)


def _seat(holder: Holder, rights: frozenset[Right], address: str) -> Seat:
    actor = _actor(holder, address)
    return Seat(tenant=holder.tenant, actor=actor, person=holder.name, rights=rights)
