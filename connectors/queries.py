"""What pages may know of connections: plain values, and never a secret."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext_lazy

from connectors.budget import standing_of
from connectors.channel import account_of, base_url_of, limits_of
from connectors.checks import vital_failures
from connectors.errors import AddressMissing
from connectors.models import Connection, ConnectionState
from connectors.registry import all_connectors
from connectors.spec import Field


@dataclass(frozen=True)
class ConnectionRow:
    id: str
    label: str
    connector: str  # in the vendor's own spelling
    account: str
    environment: str
    state: str
    health: str  # the state, or unchecked
    reason: str
    changed_at: datetime
    checked_at: datetime | None
    throttled_until: datetime | None
    failed_parts: list[str]  # of its last check: what is vital and did not pass

    @property
    def is_in_doubt(self) -> bool:
        """Whether its last check found what its state does not tell."""
        return bool(self.failed_parts) and self.state != ConnectionState.NEEDS_REAUTHORIZATION


@dataclass(frozen=True)
class CheckPart:
    label: str
    state: str  # ok, not_ok, skipped or not_needed
    message: str
    name: str = ""
    kind: str = ""
    mend: str = ""  # what to press, where it did not pass


@dataclass(frozen=True)
class ConnectionDetail:
    row: ConnectionRow
    settings: list[tuple[str, str]]
    parts: list[CheckPart]
    has_consent: bool  # a person authorises at the vendor; otherwise credentials are typed in
    lacks: list[str]  # the labels of what would say where it is; then nothing is asked of it


@dataclass(frozen=True)
class BudgetDetail:
    """The rate budget of a connection's account, which all of the account's connections share."""

    per_second: float  # points that come in; 0: the vendor counts only what is under way
    level: float
    size: float
    used_share: float  # of what came in during about the last minute
    throttled: int  # answers of the last hour
    under_way: int
    concurrency: int
    waiting: int


def list_connections() -> list[ConnectionRow]:
    """Those of the current tenant, by label."""
    return [_row(one) for one in Connection.objects.defer("sealed").order_by("label", "id")]


def get_connection(public_id: str) -> ConnectionDetail:
    """Raises Connection.DoesNotExist."""
    one = Connection.get_public(public_id)
    return ConnectionDetail(
        row=_row(one),
        settings=_settings(one),
        parts=parts_of(one),
        has_consent=one.spec.auth_method(one.auth).has_consent,
        lacks=[field.label for field in missing_settings(one)],
    )


def missing_settings(one: Connection) -> list[Field]:
    """What must be entered before anybody knows where the system is; mostly nothing."""
    try:
        base_url_of(one)
    except AddressMissing:
        needed = [field for field in one.spec.settings if field.required and not field.default]
        return [field for field in needed if not one.settings.get(field.name)]
    return []


def budget_of(public_id: str) -> BudgetDetail | None:
    """None while nobody knows. Raises Connection.DoesNotExist."""
    one = Connection.get_public(public_id)
    limits = limits_of(one)
    try:
        found = standing_of(account_of(one), limits)
    except AddressMissing:
        return None
    if found is None:
        return None
    comes_in = found.per_second * 60
    return BudgetDetail(
        per_second=found.per_second,
        level=max(0.0, found.level),
        size=found.size,
        used_share=min(1.0, found.used / comes_in) if comes_in else 0.0,
        throttled=found.throttled,
        under_way=found.under_way,
        concurrency=limits.concurrency,
        waiting=found.waiting,
    )


def _row(one: Connection) -> ConnectionRow:
    known = all_connectors().get(one.connector)
    return ConnectionRow(
        id=one.public_id,
        label=one.label,
        connector=known.label if known else one.connector,
        account=one.account,
        environment=one.environment,
        state=one.state,
        health=one.health,
        reason=one.state_reason,
        changed_at=one.state_changed_at,
        checked_at=one.checked_at,
        throttled_until=one.throttled_until,
        failed_parts=[part["label"] for part in vital_failures(one.check_report)],
    )


# What every connection may say of its pace, whatever its connector.
_PACE = {
    "poll_seconds": gettext_lazy("Seconds between polls"),
    "per_second": gettext_lazy("Requests a second"),
    "concurrency": gettext_lazy("Requests at once"),
}


def _settings(one: Connection) -> list[tuple[str, str]]:
    """As the form names and orders them; a setting that is declared secret is not shown."""
    known = all_connectors().get(one.connector)
    fields = known.settings if known else ()
    labels = {field.name: field.label for field in fields if not field.secret} | _PACE
    shown = one.settings.keys() - {field.name for field in fields if field.secret}
    names = [name for name in labels if name in shown] + sorted(shown - labels.keys())
    return [(str(labels.get(name, name)), str(one.settings[name])) for name in names]


def parts_of(one: Connection) -> list[CheckPart]:
    """Of its last check."""
    return [
        CheckPart(
            label=part.get("label", ""),
            state=part.get("state") or ("ok" if part.get("ok") else "not_ok"),
            message=part.get("message", ""),
            name=part.get("name", ""),
            kind=part.get("kind", ""),
            mend="" if part.get("ok") else part.get("mend", ""),
        )
        for part in one.check_report
    ]
