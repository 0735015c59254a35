"""The mapping of one system alone, in its set-up: its canvas, and the flows that begin with it."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from connectors.lines import Line, Mapping
from connectors.models import Connection
from ekyam.audit.models import AuditEntry
from ekyam.tenants.models import Role
from ekyam.tenants.scope import tenant_scope
from flows.models import Flow
from flows.operations.suggest import look_for_suggestions
from flows.queries.suggestions import find_found, place_of
from flows.queries.versions import find_draft, find_published, logic_of
from tests.portal.conftest import sign_in
from tests.portal.test_canvas import send, text_of
from tests.portal.test_set_up import company, connect_sandbox, integrator, simulators
from tests.world import Company, add_member

__all__ = ["company", "integrator", "simulators"]


def open_mapping(client: Client, set_up: str, **ends: str) -> str:
    answer = client.post(f"{set_up}map/open/", ends)
    assert answer.status_code == 302, answer.content
    return str(answer["Location"])


def half_of(company: Company, **ends: str) -> Flow:
    with tenant_scope(company.tenant):
        return Flow.with_halves.select_related("source", "target").get(**ends)


def lines_of(mapping: Mapping | None) -> dict[str, Line]:
    assert mapping
    return {line.target: line for line in mapping.lines}


def make_flow(client: Client, company: Company, set_up: str) -> Flow:
    with tenant_scope(company.tenant):
        shop, erp = (Connection.objects.get(connector=c) for c in ("shopify", "netsuite"))
    key = f"{shop.public_id}.orders.{erp.public_id}.upsert_sales_order"
    client.post(f"{set_up}flows/", {"flow": key})
    with tenant_scope(company.tenant):
        return Flow.objects.select_related("version").get()


def test_a_flow_begins_with_what_its_systems_were_mapped_to(
    integrator: Client, company: Company, simulators: int
) -> None:
    shop = connect_sandbox(integrator, "shopify")
    integrator.post(f"{shop}map/read/")
    assert "Open its mapping" in text_of(integrator.get(f"{shop}map/"))
    reading = open_mapping(integrator, shop, stream="orders")
    assert open_mapping(integrator, shop, stream="orders") == reading  # the same one again
    page = text_of(integrator.get(reading))
    assert "This is the connector's own mapping." in page and f'href="{shop}map/"' in page
    assert "Verify" not in page.partition("<main")[2].partition("canvas-top")[0]
    drawn = text_of(send(integrator, reading, "draw", "reference", "confirmation_number"))
    assert "It differs in 1 line" in drawn
    integrator.post(f"{reading}lines/", {"do": "cut", "attribute": "test", "side": "writer"})
    erp = connect_sandbox(integrator, "netsuite")
    writing = open_mapping(integrator, erp, action="upsert_sales_order")
    page = text_of(integrator.get(writing))
    assert 'data-p="reference"' in page and "it is tried on an example" in page
    send(integrator, writing, "draw", "memo", "reference", side="writer")
    assert "your own mapping" in text_of(integrator.get(f"{shop}map/"))
    assert "your own" in text_of(integrator.get(f"{erp}writer/"))

    flow = make_flow(integrator, company, erp)
    with tenant_scope(company.tenant):
        published = find_published(flow)
        assert published and find_draft(flow) is None
        logic = logic_of(published)
        actions = AuditEntry.objects.values_list("action", flat=True)
        assert "flow_version.published" in list(actions)
    assert lines_of(logic.reader)["reference"].source == "confirmation_number"
    assert lines_of(logic.writer)["memo"].source == "reference"
    page = text_of(integrator.get(f"{shop}map/"))
    assert f"/flows/{flow.public_id}/mapping/" in page
    own = page.partition("<h3>Orders</h3>")[2].partition("</li>")[0]
    assert "Open its mapping" not in own and "your own mapping" not in own


def test_nobody_else_knows_of_a_half(integrator: Client, company: Company, simulators: int) -> None:
    shop = connect_sandbox(integrator, "shopify")
    address = open_mapping(integrator, shop, stream="orders")
    half = half_of(company, stream="orders")
    assert address == f"/flows/{half.public_id}/mapping/"
    with tenant_scope(company.tenant):
        assert not Flow.objects.exists() and not half.source.flows_out.exists()
        with pytest.raises(IntegrityError), transaction.atomic():
            Flow.with_halves.filter(pk=half.pk).update(is_on=True)
    for page in ("", "rules/", "verify/", "shadow/", "versions/", "publish/", "switch/"):
        assert integrator.get(f"/flows/{half.public_id}/{page}").status_code == 404, page
    assert half.public_id not in text_of(integrator.get("/flows/"))
    assert "Map your data" in text_of(integrator.get(f"{shop}map/"))
    with tenant_scope(company.tenant):
        assert send(integrator, address, "cut", "email").status_code == 200
        draft = find_draft(half)
    assert draft and "email" not in lines_of(logic_of(draft).reader)
    listed = text_of(integrator.get(f"{address}list/"))
    assert "the flow's own" in listed and "Ekyam's order to Shopify" not in listed


@pytest.mark.parametrize(
    ("slug", "ends", "side", "path"),
    [
        ("shopify", {"stream": "orders"}, "reader", "currency"),
        ("netsuite", {"action": "upsert_sales_order"}, "writer", "email"),
    ],
)
def test_it_is_suggested_for_by_records_or_examples(
    integrator: Client,
    company: Company,
    simulators: int,
    slug: str,
    ends: dict[str, str],
    side: Any,
    path: str,
) -> None:
    open_mapping(integrator, connect_sandbox(integrator, slug), **ends)
    half = half_of(company, **ends)
    look_for_suggestions(tenant_id=half.tenant_id, flow_id=half.pk, side=side)
    with tenant_scope(company.tenant):
        found = find_found(place_of(half, side))
    assert found and not found.has_records
    assert found.offers[path][0].source == path


def test_what_cannot_be_mapped_is_not(
    integrator: Client, company: Company, simulators: int
) -> None:
    erp = connect_sandbox(integrator, "netsuite")
    page = text_of(integrator.get(f"{erp}map/"))
    stock = page.partition("<h3>Stock levels</h3>")[2].partition("</li>")[0]
    assert "the formula of its flow" in stock and "Open its mapping" not in stock
    said = integrator.post(f"{erp}map/open/", {"stream": "inventory_levels"}, follow=True)
    assert "Stock goes by the formula of its flow" in text_of(said)
    for ends in ({}, {"stream": "nonsense"}, {"action": "nonsense"}):
        assert integrator.post(f"{erp}map/open/", ends).status_code == 404, ends
    operator = sign_in(add_member(company.tenant, Role.OPERATOR))
    assert operator.post(f"{erp}map/open/", {"stream": "orders"}).status_code == 403
    with tenant_scope(company.tenant):
        assert not Flow.with_halves.exists()
