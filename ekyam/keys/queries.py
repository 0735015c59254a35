"""What pages show of keys and applications: never a secret, for none is kept."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext, ngettext

from ekyam.keys.models import ApiKey, Application, ApplicationSecret, ShownOnce
from ekyam.tenants.models import Membership, User
from ekyam.tenants.rights import Right

ENDED_SHOWN = 20
SOON = timedelta(days=14)


@dataclass(frozen=True)
class Shown:
    """`start` is what can be read in the program that has it, to tell one from another."""

    id: str
    start: str
    state: str
    created_at: datetime
    expires_at: datetime

    @property
    def is_live(self) -> bool:
        return self.state in ("key_live", "key_asleep")


@dataclass(frozen=True)
class ShownKey(Shown):
    name: str
    rights: list[Right]
    maker: str
    last_used_at: datetime | None
    last_used_from: str
    is_paired: bool  # another of its name is live as well: one ends before it is rotated again


@dataclass(frozen=True)
class ShownApplication:
    id: str
    name: str
    state: str
    rights: list[Right]
    redirects: list[str]
    asks: bool
    maker: str
    created_at: datetime
    last_used_at: datetime | None
    last_used_from: str
    secrets: list[Shown]


def list_keys() -> list[ShownKey]:
    """The live ones by name, and the last that have ended."""
    rows = list(ApiKey.objects.select_related("maker").order_by("name", "-created_at"))
    members = _list_members()
    live = Counter(row.name for row in rows if row.is_live(timezone.now()))
    shown = [_show_key(row, members, live) for row in rows]
    ended = sorted((one for one in shown if not one.is_live), key=lambda one: one.created_at)
    return [one for one in shown if one.is_live] + ended[::-1][:ENDED_SHOWN]


def list_applications() -> list[ShownApplication]:
    rows = Application.objects.filter(revoked_at=None).select_related("maker").order_by("name")
    members = _list_members()
    return [_show_application(row, members, ()) for row in rows]


def say(keys: list[ShownKey], applications: list[ShownApplication]) -> str:
    """The answer of the page in a sentence or three."""
    of_keys = [one.state for one in keys]
    of_applications = [one.state for one in applications]
    live = (of_keys.count("key_live"), of_applications.count("key_live"))
    facts = [
        gettext("{keys} and {applications} are live.").format(
            keys=ngettext("{n} key", "{n} keys", live[0]).format(n=live[0]),
            applications=ngettext("{n} application", "{n} applications", live[1]).format(n=live[1]),
        )
    ]
    if asleep := (of_keys + of_applications).count("key_asleep"):
        said = gettext("Asleep, because the maker has left: {asleep}.")
        facts.append(said.format(asleep=asleep))
    soon = timezone.now() + SOON
    if ending := sum(one.is_live and one.expires_at < soon for one in keys):
        facts.append(gettext("Ending within two weeks: {ending}.").format(ending=ending))
    return " ".join(facts)


def get_application(public_id: str) -> ShownApplication:
    row = Application.get_public(public_id)
    return _show_application(row, _list_members(), row.secrets.order_by("-created_at"))


def _list_members() -> set[object]:
    """Who is in the company today, and may sign in."""
    return set(Membership.objects.filter(user__is_active=True).values_list("user", flat=True))


def spell_start(key: ApiKey) -> str:
    """Two of one name may be live: this tells them apart."""
    return f"ekm_…_{key.prefix_of_secret}"


def _show_key(row: ApiKey, members: set[object], live: Counter[str]) -> ShownKey:
    now = timezone.now()
    return ShownKey(
        id=row.public_id,
        start=spell_start(row),
        state=_state(row, now, is_asleep=row.maker_id not in members),
        created_at=row.created_at,
        expires_at=row.expires_at,
        name=row.name,
        rights=_in_order(row.granted),
        maker=_name(row.maker),
        last_used_at=row.last_used_at,
        last_used_from=row.last_used_from,
        is_paired=live[row.name] > 1,
    )


def _show_application(
    row: Application, members: set[object], secrets: Iterable[ApplicationSecret]
) -> ShownApplication:
    now = timezone.now()
    is_asleep = bool(row.rights) and row.maker_id not in members
    state = "key_revoked" if row.revoked_at else "key_asleep" if is_asleep else "key_live"
    return ShownApplication(
        id=row.public_id,
        name=row.name,
        state=state,
        rights=_in_order(row.granted),
        redirects=row.redirects,
        asks=row.asks,
        maker=_name(row.maker),
        created_at=row.created_at,
        last_used_at=row.last_used_at,
        last_used_from=row.last_used_from,
        secrets=[_show_secret(one, now) for one in secrets],
    )


def _show_secret(row: ApplicationSecret, now: datetime) -> Shown:
    start = f"ekm_app_{row.prefix_of_secret}"
    state = _state(row, now, is_asleep=False)
    return Shown(row.public_id, start, state, row.created_at, row.expires_at)


def _state(row: ShownOnce, now: datetime, *, is_asleep: bool) -> str:
    if row.expires_at <= now:
        return "key_expired"
    if row.revoked_at is not None:
        return "key_revoked"
    return "key_asleep" if is_asleep else "key_live"


def _in_order(rights: frozenset[Right]) -> list[Right]:
    return [right for right in Right if right in rights]


def _name(user: User | None) -> str:
    return (user.name or user.email) if user else ""
