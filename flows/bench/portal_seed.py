"""A company as it is after a busy month: 200 flows, 100,000 orders, a million deliveries.

PostgreSQL makes the rows itself, in portions, as the runtime role. Every id follows from what it is
of, so that no table has to be read to fill the next one.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection as db
from django.utils import timezone

from connectors.models import Connection
from connectors.registry import get_connector
from ekyam.people.accounts import mark_verified
from ekyam.tenants.models import Membership, Role, Tenant, User
from ekyam.tenants.scope import tenant_scope
from flows.bench.portal_rows import HOURS, TABLES
from flows.mapping.logic import Logic
from flows.models import Flow, LookupRow, Rate, StockLevel, StockLocation
from flows.operations.configure import apply_recipe
from flows.operations.versions import publish, save_draft
from flows.queries.versions import whole_logic
from flows.recipes import all_recipes

DAYS = 30
PORTION = 10_000  # orders, of ten deliveries each, in one transaction
SKUS = 5_000
CUSTOMERS = 20_000
SYSTEMS = {"shopify": "Shop", "netsuite": "ERP", "whiplash": "Warehouse"}
ORDERS = "Orders"
# The flows that the deliveries are of, in the order in which the rows name them.
MOVED = (
    "Customers",
    ORDERS,
    "Order numbers",
    "Shipment Sync",
    "Item fulfilments",
    "Fulfilments",
    "Inventory Sync",
)


@dataclass(frozen=True)
class Laid:
    """Whose rows they are, and who looks at them."""

    tenant: Tenant
    owner: User


def lay_in(*, orders: int = 100_000, chains: int = 13) -> Laid:
    """`chains` are triples of a shop, an ERP and a warehouse, of sixteen flows each.

    What is there from an earlier start is taken as it is.
    """
    now, slug = timezone.now(), f"portal-{orders}"
    if there := Tenant.objects.filter(slug=slug).first():
        return Laid(there, User.objects.get(email=f"owner@{slug}.example"))
    tenant = Tenant.objects.create(name="Bench", slug=slug, time_zone="Asia/Kolkata")
    owner = _add_people(tenant)
    with tenant_scope(tenant):
        triples = [_open(tenant, number) for number in range(chains)]
        _lay_in_tables(tenant)
        _lay_in_stock(tenant, triples[0], now, skus=min(SKUS, orders))
        _lay_in_versions(triples[:2])
        named = _named(tenant, now, orders)
    for first in range(0, orders, PORTION):
        portion = {"first": first, "last": min(first + PORTION, orders) - 1}
        for sql in TABLES:
            with tenant_scope(tenant), db.cursor() as cursor:
                cursor.execute(sql, {**named, **portion})
    with tenant_scope(tenant), db.cursor() as cursor:
        cursor.execute(HOURS, named)
    return Laid(tenant, owner)


def _add_people(tenant: Tenant) -> User:
    """An owner, and thirty more."""
    people = [_add_person(tenant, Role.VIEWER, f"person{number}") for number in range(30)]
    assert people
    return _add_person(tenant, Role.OWNER, "owner")


def _add_person(tenant: Tenant, role: Role, name: str) -> User:
    user = User.objects.create_user(f"{name}@{tenant.slug}.example", None, name=name.capitalize())
    mark_verified(user)
    with tenant_scope(tenant):
        Membership.objects.create(tenant=tenant, user=user, role=role)
    return user


def _open(tenant: Tenant, number: int) -> dict[str, Connection]:
    """Three systems and the flows between them, On for a month."""
    triple = {
        slug: Connection.objects.create(
            tenant=tenant,
            connector=slug,
            label=f"{label} {number + 1}",
            environment="sandbox",
            auth=get_connector(slug).auth[0].name,
            account=f"bench-{number}",
        )
        for slug, label in SYSTEMS.items()
    }
    apply_recipe(all_recipes()["shopify_netsuite_whiplash"], triple)
    since = timezone.now() - timedelta(days=DAYS)
    mine = Flow.objects.filter(source__in=list(triple.values()))
    mine.exclude(label="Inventory Sync from the ERP").update(is_on=True, switched_at=since)
    return triple


def _named(tenant: Tenant, now: datetime, orders: int) -> dict[str, Any]:
    """What the sentences name: `flows` and `targets` have a row of `MOVED` for each chain."""
    found: dict[Any, dict[str, Flow]] = {}
    for flow in Flow.objects.select_related("source", "target").order_by("pk"):
        found.setdefault(flow.source.account, {})[flow.label] = flow
    moved = [chain[label] for chain in found.values() for label in MOVED]
    return {
        "tenant": tenant.pk,
        "start": now - timedelta(days=DAYS),
        "now": now,
        "orders": orders,
        "seconds": DAYS * 86_400,
        "chains": len(found),
        "flows": [flow.pk for flow in moved],
        "sources": [flow.source_id for flow in moved],
        "targets": [flow.target_id for flow in moved],
        "actions": [flow.action for flow in moved],
        "customers": min(CUSTOMERS, orders),
        "skus": min(SKUS, orders),
    }


def _lay_in_tables(tenant: Tenant) -> None:
    rows = [
        LookupRow(tenant=tenant, table=f"table {number % 20}", key=f"key {number}", value="7")
        for number in range(4_000)
    ]
    LookupRow.objects.bulk_create(rows, batch_size=1000)
    today = timezone.now().date()
    rates = [
        Rate(tenant=tenant, base=base, quote="INR", day=today - timedelta(days=ago), rate=rate)
        for base, rate in (("USD", 88), ("EUR", 97), ("GBP", 112))
        for ago in range(365)
    ]
    Rate.objects.bulk_create(rates)


def _lay_in_stock(
    tenant: Tenant, triple: dict[str, Connection], now: datetime, *, skus: int
) -> None:
    """Two places of the warehouse, one of the shop; one SKU in fifty is off."""
    levels: list[StockLevel] = []
    for slug, place in (("whiplash", "4"), ("whiplash", "9"), ("shopify", "70")):
        source = triple[slug]
        said = {"tenant": tenant, "connection": source}
        StockLocation.objects.create(**said, external_id=place, label=f"Place {place}")
        levels += [_level(said, place, number, now) for number in range(skus)]
    StockLevel.objects.bulk_create(levels, batch_size=2000)


def _level(said: dict[str, Any], place: str, number: int, now: datetime) -> StockLevel:
    count = number % 90 + (1 if number % 50 == 0 and place == "70" else 0)
    return StockLevel(
        **said,
        external_id=f"{number}-{place}",
        item_id=f"item {number}",
        sku=f"SKU-{number:05}",
        location=place,
        on_hand=count,
        available=count,
        as_of=now,
    )


def _lay_in_versions(triples: Iterable[dict[str, Connection]]) -> None:
    """Orders go by a version of their own, with a draft of the next; in the last triple it is off.

    Its mapping is the connectors' own, line by line.
    """
    for triple in triples:
        flow = Flow.objects.get(label=ORDERS, source=triple["shopify"])
        reader, writer = whole_logic(flow, Logic())
        save_draft(flow, Logic(reader=reader, writer=writer), edition=0)
        publish(flow)
        save_draft(flow, Logic(reader=reader, writer=writer), edition=0)
    Flow.objects.filter(pk=flow.pk).update(is_on=False)


def count_rows(tenant: Tenant) -> Iterator[tuple[str, int]]:
    """What is there, by table."""
    tables = ("delivery", "record", "flow", "event", "link", "run", "attempt")
    with tenant_scope(tenant), db.cursor() as cursor:
        for table in tables:
            cursor.execute(f"SELECT count(*) FROM flows_{table}")
            yield table, cursor.fetchone()[0]
