"""Every route by every verb, for every stranger: made from the addresses, so that none is missed.

Whoever is a stranger here: nobody, a wrong key, another company's owner, and a program of the same
company with every right but the one that is asked for.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern

from connectors.models import Connection
from connectors.operations import pause
from ekyam.audit.models import AuditEntry
from ekyam.audit.record import record
from ekyam.tenants.models import Membership
from ekyam.tenants.rights import Right
from ekyam.tenants.scope import tenant_scope
from flows.mapping.logic import Logic
from flows.models import (
    Delivery,
    Event,
    Flow,
    LookupRow,
    Record,
    Run,
    Sync,
    Version,
    VersionState,
)
from flows.models.event import EventState
from flows.operations.endpoints import add_endpoint
from flows.operations.hold_order import hold_order
from flows.operations.versions import save_draft
from flows.states import State
from portal.api.access import Operation
from portal.api.urls import resources
from tests.api.conftest import ALL, Program, new_key
from tests.portal.conftest import Side
from tests.portal.stock_rows import Stock

VERBS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
BODIES: dict[str, Any] = {
    "hold_order": {"reason": "Not now."},
    "switch_flow": {"is_on": False},
    "edit_delivery": {"standard": {}},
    "waive_delivery": {"note": "Not needed."},
    "retry_deliveries": {"filter": {"state": "dead"}},
    "replay_deliveries": {"filter": {"state": "dead"}},
    "waive_deliveries": {"filter": {"state": "dead"}, "note": "Not needed."},
    "start_sync": {"flow_id": "flw_00000000000000000000000000"},
    "answer_sync": {"goes_on": True},
    "add_webhook_endpoint": {"url": "https://hooks.example.com/", "events": ["order.shipped"]},
    "change_webhook_endpoint": {"is_on": False},
    "replay_delivery": {"version": "newest"},
    "save_draft": {"logic": {}, "edition": 0},
    "publish_draft": {"edition": 1},
    "roll_back_flow": {"number": 1},
    "set_lookup_row": {"table": "payment", "key": "upi", "value": "7"},
    "reject_delivery": {"reason": "Not ours."},
    "release_deliveries": {"filter": {}},
    "reject_deliveries": {"filter": {}, "reason": "Not ours."},
}
# Whose ids stand in the address; every route with an id must be named.
NAMED = {
    "connections": "connection",
    "flows": "flow",
    "versions": "version",
    "lookup-rows": "row",
    "mappings": "flow",
    "runs": "run",
    "events": "event",
    "deliveries": "delivery",
    "orders": "order",
    "stock/levels": "sku",
    "stock/syncs": "sync",
    "webhook-endpoints": "endpoint",
    "members": "member",
    "audit": "entry",
}


@dataclass(frozen=True)
class Route:
    """One address with one verb; `operation` None where the verb is not known there."""

    pattern: str
    verb: str
    operation: Operation | None
    is_answered: bool

    def __str__(self) -> str:
        return f"{self.verb} {self.pattern}"

    @property
    def has_id(self) -> bool:
        return "<" in self.pattern

    @property
    def kind(self) -> str:
        return NAMED[self.pattern.partition("/<")[0]]

    def address(self, ids: dict[str, str]) -> str:
        return re.sub(r"<\w+:\w+>", lambda _: ids[self.kind], self.pattern)


def all_routes() -> Iterator[Route]:
    for one in resources:
        assert isinstance(one, URLPattern)
        view = one.callback.view_class  # type: ignore[attr-defined]
        for verb in VERBS:
            handler = getattr(view, "get" if verb == "HEAD" else verb.lower(), None)
            operation = getattr(handler, "operation", None)
            yield Route(str(one.pattern), verb, operation, handler is not None)


ROUTES = list(all_routes())
KNOWN = [route for route in ROUTES if route.operation]
UNKNOWN = [route for route in ROUTES if not route.operation]
every_known = pytest.mark.parametrize("route", KNOWN, ids=str)


def ids_of(side: Side) -> dict[str, str]:
    """One of each kind, in that company."""
    with tenant_scope(side.company.tenant):
        flow = side.shop.flow("Inventory Sync")
        stock = Stock(side.shop, flow)
        sku = f"{side.company.tenant.slug} lamp"
        stock.level("whiplash", sku, "4", 3)
        endpoint, _ = add_endpoint(
            tenant=side.company.tenant, url="https://hooks.example.com/", events=["order.shipped"]
        )
        record("flow.seen", subject=flow.public_id)
        orders = side.shop.flow("Orders")
        version, _ = Version.objects.get_or_create(
            tenant=side.company.tenant,
            flow=orders,
            number=1,
            defaults={"state": VersionState.RETIRED, "logic": {}},
        )
        row, _ = LookupRow.objects.get_or_create(
            tenant=side.company.tenant, table="payment", key="visa", value="4"
        )
        hold_one(side, orders)
        return {
            "connection": side.shop.connections["netsuite"].public_id,
            "source": side.shop.connections["shopify"].public_id,
            "flow": orders.public_id,
            "version": version.public_id,
            "row": row.public_id,
            "run": Run.objects.exclude(delivered=None)[0].public_id,
            "event": side.dead.event.public_id,
            "delivery": side.dead.public_id,
            "order": side.shipped.public_id,
            "sku": sku,
            "sync": stock.sync("asks").public_id,
            "endpoint": endpoint.public_id,
            "member": Membership.objects.order_by("pk")[0].public_id,
            "entry": AuditEntry.objects.order_by("pk")[0].public_id,
        }


def hold_one(side: Side, flow: Flow) -> None:
    """As a rule would: a delivery of this flow that waits to be released."""
    Delivery.objects.get_or_create(
        tenant=side.company.tenant,
        flow=flow,
        external_id="held",
        source_version="1",
        defaults={
            "event": side.dead.event,
            "record": side.dead.record,
            "target": flow.target,
            "action": flow.action,
            "state": State.PARKED,
            "waits_for": "release:Large",
            "due_at": side.dead.due_at,
            "received_at": side.dead.received_at,
            "created_at": side.dead.created_at,
        },
    )


def send(program: Program, route: Route, ids: dict[str, str]) -> Any:
    assert route.operation
    body = BODIES.get(route.operation.name) if route.verb not in ("GET", "HEAD") else None
    return program.call(route.verb, route.address(ids), body)


def test_it_declares_a_right_for_every_verb_of_every_route() -> None:
    assert len({str(one.pattern) for one in resources}) == len(resources)
    for route in all_routes():
        if route.verb in ("POST", "PUT", "PATCH", "DELETE", "GET"):
            assert bool(route.operation) == route.is_answered, route
    for route in KNOWN:
        assert route.operation
        assert isinstance(route.operation.right, Right)
        assert bool(route.operation.ids) == route.has_id
        is_look = route.verb in ("GET", "HEAD")
        own = {Right.AUDIT, Right.DEVELOP, Right.LOOK}
        assert (route.operation.right in own) if is_look else route.operation.right != Right.LOOK
        assert route.has_id <= (route.pattern.partition("/<")[0] in NAMED)


def test_it_knows_a_body_for_whatever_needs_one() -> None:
    needing = {one.operation.name for one in KNOWN if one.operation and one.operation.body}
    assert needing == set(BODIES)


@every_known
def test_it_asks_strangers_who_they_are(here: Side, route: Route) -> None:
    ids = ids_of(here)
    for program in (Program(), Program("ekm_wrong"), Program(new_key(here)[:-1] + "_")):
        answer = send(program, route, ids)
        assert answer.status_code == 401
        assert here.company.tenant.name not in answer.content.decode()


@every_known
def test_it_tells_outsiders_that_there_is_nothing(here: Side, there: Side, route: Route) -> None:
    """A program with every right, of another company: it knows the address, and finds nothing."""
    ids, before = ids_of(here), picture_of(here)
    outsider = Program(new_key(there))
    answer = send(outsider, route, ids)
    if route.has_id:
        assert answer.status_code == 404, answer.content
    else:
        told = answer.content.decode()
        assert answer.status_code in (200, 201, 404), told
        assert not [id for name, id in ids.items() if id in told and name != "sku"]
        for word in (here.company.tenant.slug, here.company.tenant.name):
            assert word not in told
    assert picture_of(here) == before


@every_known
def test_it_lets_nobody_in_without_the_right(here: Side, route: Route) -> None:
    assert route.operation
    ids, before = ids_of(here), picture_of(here)
    others = [right for right in ALL if right != route.operation.right]
    answer = send(Program(new_key(here, others)), route, ids)
    assert answer.status_code == 403
    assert picture_of(here) == before


@every_known
def test_it_lets_in_whoever_has_the_right_and_no_other(here: Side, route: Route) -> None:
    assert route.operation
    answer = send(Program(new_key(here, [route.operation.right])), route, ids_of(here))
    assert answer.status_code not in (401, 403), answer.content


@pytest.mark.parametrize("route", UNKNOWN, ids=str)
def test_it_knows_no_other_verb(here: Side, route: Route) -> None:
    ids = dict.fromkeys(NAMED.values(), "x")
    assert Program().call(route.verb, route.address(ids)).status_code == 401
    answer = Program(new_key(here)).call(route.verb, route.address(ids))
    assert answer.status_code == 405


WRITING = [route for route in KNOWN if route.verb not in ("GET", "HEAD")]


@pytest.mark.parametrize("route", WRITING, ids=str)
def test_it_tells_the_audit_log_who_did_what(here: Side, route: Route) -> None:
    assert route.operation
    ids = ids_of(here)
    with tenant_scope(here.company.tenant):
        prepare(here, route.operation.name, ids)
        before = AuditEntry.objects.count()
    body = {
        "edit_delivery": {"standard": here.dead.standard},
        "start_sync": {"flow_id": here.shop.flow("Inventory Sync").public_id},
    }.get(route.operation.name, BODIES.get(route.operation.name))
    answer = Program(new_key(here)).call(route.verb, route.address(ids), body)
    assert answer.status_code < 300, answer.content
    with tenant_scope(here.company.tenant):
        told = AuditEntry.objects.order_by("number")[before + 1 :]  # the first: a key was made
        assert [entry.actor_kind for entry in told] == ["key"]


def prepare(side: Side, name: str, ids: dict[str, str]) -> None:
    """Where an operation needs another state than everything is in."""
    if name == "resume_connection":
        pause(Connection.get_public(ids["connection"]), by="Somebody")
    if name == "answer_event":
        Event.objects.filter(pk=side.dead.event_id).update(state=EventState.ASKS)
    if name in ("release_delivery", "reject_delivery"):
        held = {"state": State.PARKED, "waits_for": "release:Large"}
        Delivery.objects.filter(pk=side.dead.pk).update(**held)
    if name == "release_order":
        hold_order(Record.get_public(ids["order"]), "Not now.")
    if name in ("publish_draft", "discard_draft"):
        save_draft(Flow.get_public(ids["flow"]), Logic(), edition=0)
    if name == "start_sync":
        Sync.objects.all().delete()


def filters_with_ids() -> Iterator[tuple[str, str, str]]:
    """Every filter that takes an id, with its list and whose id it takes."""
    kinds = {"con": "connection", "flw": "flow", "run": "run", "rec": "order"}
    for route in KNOWN:
        assert route.operation
        for one in route.operation.filters if route.verb == "GET" else ():
            prefix = str(one.schema.get("pattern", "")).lstrip("^").partition("_")[0]
            if prefix:
                is_source = (route.pattern, prefix) == ("runs", "con")
                yield route.pattern, one.name, "source" if is_source else kinds[prefix]


FILTERS = list(filters_with_ids())


@pytest.mark.parametrize(("path", "name", "kind"), FILTERS)
def test_it_finds_nothing_by_the_ids_of_others(
    here: Side, there: Side, path: str, name: str, kind: str
) -> None:
    id = ids_of(here)[kind]
    assert len(FILTERS) == 8
    assert Program(new_key(here)).get(f"{path}?{name}={id}").json()["data"]
    assert Program(new_key(there)).get(f"{path}?{name}={id}").json()["data"] == []


@pytest.mark.parametrize("act", ["retry", "replay", "waive"])
@pytest.mark.parametrize("name", ["flow", "connection", "run"])
def test_it_does_nothing_to_many_by_the_ids_of_others(
    here: Side, there: Side, act: str, name: str
) -> None:
    ids, before = ids_of(here), picture_of(here)
    body: dict[str, Any] = {"filter": {"state": "dead", name: ids[name]}}
    if act == "waive":
        body["note"] = "Not ours."
    found = Program(new_key(there)).post(f"deliveries/{act}", body)
    assert (found.status_code, found.json()["matched"]) == (200, 0)
    assert picture_of(here) == before


def test_it_shows_the_document_to_everybody_and_nothing_in_it(here: Side) -> None:
    answer = Client().get("/api/v1/openapi.json")
    assert answer.status_code == 200
    assert here.company.tenant.name not in answer.content.decode()


def picture_of(side: Side) -> list[Any]:
    """Everything that a writing route could change, of one company."""
    with tenant_scope(side.company.tenant):
        return [list(model.objects.order_by("pk").values()) for model in _models()]


@cache
def _models() -> tuple[Any, ...]:
    from connectors.models import Connection
    from flows.models import Sync, WebhookEndpoint

    return (Connection, Delivery, Event, Flow, LookupRow, Sync, Version, WebhookEndpoint)
