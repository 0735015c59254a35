"""The simulated systems that a company is connected to, and what Ekyam knows of their documents."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q

from connectors.models import Connection, Environment
from connectors.registry import all_connectors
from flows.models import Link, Record

# What a document of an order may be to us, so that its link is found by the index.
_RESOURCES = ("order", "shipment_request", "shipment", "refund", "return")
# Documents that belong to no order: their ids may be those of others.
_NO_ORDERS = ("customer", "item", "product", "inventory_adjustment")


@dataclass(frozen=True)
class System:
    id: str
    label: str
    slug: str
    connector: str  # in the vendor's own spelling
    account: str
    state: str


def list_systems() -> list[System]:
    rows = Connection.objects.filter(
        environment=Environment.SANDBOX, connector__in=all_connectors()
    )
    return [_system(one) for one in rows.defer("sealed").order_by("label", "id")]


def get_system(public_id: str) -> System:
    """Raises Connection.DoesNotExist, also for what is no sandbox."""
    one = Connection.get_public(public_id)
    if one.environment != Environment.SANDBOX or one.connector not in all_connectors():
        raise Connection.DoesNotExist
    return _system(one)


def find_journeys(connection_id: str, kind: str, external_ids: Iterable[str]) -> dict[str, str]:
    """By the system's own id of a document of this kind: the public id of its order."""
    if kind in _NO_ORDERS:
        return {}
    links = Link.objects.filter(
        connection=Connection.get_public(connection_id),
        resource__in=_RESOURCES,
        external_id__in=list(external_ids),
    ).filter(Q(record__resource="order") | Q(record__parent__resource="order"))
    roots = links.values_list("external_id", "record_id", "record__parent_id")
    return {external: Record(pk=parent or record).public_id for external, record, parent in roots}


def _system(one: Connection) -> System:
    label = all_connectors()[one.connector].label
    return System(one.public_id, one.label, one.connector, label, one.account, one.state)
