"""What a person does in setting a system up: begin, connect, agree, end. Steps are worked out
elsewhere, from what is true."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid5

from django.db.models import Q
from django.utils import timezone

from connectors.credentials import open_credentials, seal_credentials
from connectors.models import Connection, ConnectionState, Environment, SetUp
from connectors.operations import connect
from connectors.registry import get_connector
from ekyam import ids
from ekyam.audit.record import record
from ekyam.tenants.models import User

AGREED = ("map", "writer")


class Taken(Exception):
    """Another connection has this account already."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(str(connection))
        self.connection = connection


class Ended(Exception):
    """The set-up was finished or discarded, so that nothing of it changes any more."""


@dataclass(frozen=True)
class Access:
    """What a person has filled in, or a simulator has given."""

    label: str
    environment: str
    auth: str
    settings: Mapping[str, Any]
    credentials: Mapping[str, str]


def begin(
    *, tenant_id: UUID, connector: str, by: User, uses: Collection[str], once: str = ""
) -> SetUp:
    """A new one. The same one again for the same button (`once` names it), and where this person
    has begun one that has no connection yet: so a second click begins no second.

    Raises UnknownConnector.
    """
    get_connector(connector)
    # A lock that the two clicks share, before there is a row of theirs.
    User.objects.select_for_update(no_key=True).get(pk=by.pk)
    id_ = uuid5(by.pk, f"{tenant_id}:{connector}:{once}") if once else ids.new()
    mine = SetUp.objects.filter(connector=connector, begun_by=by)
    known = mine.filter(Q(pk=id_) | Q(connection=None, ended_at=None)).first()
    if known is not None:
        return known
    row = SetUp.objects.create(
        id=id_, tenant_id=tenant_id, connector=connector, begun_by=by, uses=sorted(uses)
    )
    record("set_up.begun", subject=row.public_id, label=row.spec.label)
    return row


def lock(public_id: str) -> SetUp:
    """Raises SetUp.DoesNotExist, Ended."""
    found = SetUp.get_public(public_id)
    row = SetUp.objects.select_for_update(no_key=True).get(pk=found.pk)
    if row.ended_at is not None:
        raise Ended
    return row


def choose_uses(row: SetUp, uses: Collection[str]) -> None:
    before, row.uses = row.uses, sorted(uses)
    if before == row.uses:
        return
    row.save(update_fields=["uses"])
    record(
        "set_up.uses_chosen",
        subject=row.public_id,
        label=row.spec.label,
        before={"uses": before},
        after={"uses": row.uses},
    )


def keep_access(row: SetUp, given: Access) -> Connection:
    """Make the connection, or mend the one that this set-up has made. Raises Taken."""
    account = get_connector(row.connector).account(dict(given.settings))
    same = Connection.objects.filter(
        connector=row.connector, account=account, environment=given.environment
    )
    other = same.first()
    if other is not None and other.pk != row.connection_id:
        raise Taken(other)
    if row.connection_id is None:
        made = connect(
            tenant_id=row.tenant_id,
            connector=row.connector,
            label=given.label,
            environment=given.environment,
            auth=given.auth,
            settings=given.settings,
            credentials=given.credentials,
        )
        row.connection = made
        row.save(update_fields=["connection"])
        return made
    known = Connection.objects.select_for_update(no_key=True).get(pk=row.connection_id)
    return _mend(known, account, given)


def _mend(known: Connection, account: str, given: Access) -> Connection:
    before = {name: getattr(known, name) for name in ("label", "account", "auth", "settings")}
    kept = open_credentials(known)
    changed = sorted(n for n, value in given.credentials.items() if kept.get(n, "") != value)
    is_same_login = known.auth == given.auth and not changed and known.account == account
    known.label, known.account, known.auth = given.label, account, given.auth
    known.settings = dict(given.settings)
    known.state, known.state_reason = ConnectionState.ACTIVE, ""
    known.check_report, known.checked_at = [], None
    # A token of another login must not outlive it.
    seal_credentials(known, {**(kept if is_same_login else {}), **given.credentials})
    known.save()
    after = {name: getattr(known, name) for name in before}
    record(
        "connection.changed",
        subject=known.public_id,
        label=known.label,
        before=before,
        after={**after, "changed": changed},
    )
    return known


def agree(row: SetUp, step: str) -> None:
    """A person has looked at this step, and finds it right."""
    if step in AGREED and step not in row.agreed:
        row.agreed = [*row.agreed, step]
        row.save(update_fields=["agreed"])
        record("set_up.agreed", subject=row.public_id, label=row.spec.label, after={"step": step})


def finish(row: SetUp) -> None:
    _end(row, "set_up.finished")


def discard(row: SetUp) -> None:
    """What it has connected stays connected."""
    row.is_discarded = True
    _end(row, "set_up.discarded")


def _end(row: SetUp, action: str) -> None:
    row.ended_at = timezone.now()
    row.save(update_fields=["ended_at", "is_discarded"])
    record(action, subject=row.public_id, label=row.spec.label)


def open_set_up_of(connection: Connection) -> SetUp | None:
    """The newest that is not ended."""
    mine = SetUp.objects.filter(connection=connection, ended_at=None)
    return mine.order_by("-created_at").first()


def free_account(connector: str, wanted: str) -> str:
    """The wanted name, or it with a number, where there is a simulated account of it already."""
    rows = Connection.objects.filter(connector=connector, environment=Environment.SANDBOX)
    known = set(rows.values_list("account", flat=True))
    number = 1
    while (name := wanted if number == 1 else f"{wanted}-{number}") in known:
        number += 1
    return name


def free_label(wanted: str, account: str) -> str:
    """Two connections of one name would be mixed up."""
    return f"{wanted} ({account})" if Connection.objects.filter(label=wanted).exists() else wanted
