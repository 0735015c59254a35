"""The measure of the portal: its rows are as the product makes them, and it finds the pages."""

from django.test import Client

from ekyam.tenants.scope import tenant_scope
from flows.bench.portal import find_pages, known_ids
from flows.bench.portal_seed import count_rows, lay_in
from flows.models import Delivery
from flows.states import State
from tests.portal.conftest import sign_in


def test_it_lays_in_a_month_that_every_page_can_show(db: None) -> None:
    laid = lay_in(orders=120, chains=1)
    rows = dict(count_rows(laid.tenant))
    assert (rows["delivery"], rows["flow"], rows["event"]) == (1200, 16, 480)
    with tenant_scope(laid.tenant):
        states = set(Delivery.objects.values_list("state", flat=True))
    assert {State.SUCCEEDED, State.PARKED, State.RETRYING, State.DEAD} <= states
    client: Client = sign_in(laid.owner)
    pages = dict(find_pages(client, known_ids(laid, orders_back=100)))
    assert {"home", "journey", "dead_group", "orders, later", "stock_sku", "mapping"} <= set(pages)
