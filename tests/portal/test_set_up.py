"""Setting a system up: steps that follow from what is true, and nothing that is done twice."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection as db
from django.test import Client
from django.test.utils import CaptureQueriesContext

from connectors.credentials import open_credentials, seal_credentials
from connectors.models import Connection, SetUp
from ekyam.audit.models import AuditEntry
from ekyam.tenants.scope import tenant_scope
from flows.models import Delivery, Event, Flow
from flows.queries.set_up import list_unfinished, uses_of
from tests.portal.conftest import sign_in
from tests.sandboxes import TOKEN, ask, sandbox_server
from tests.world import Company, World

LONG = "ä" * 10_000


@pytest.fixture
def company(world: World) -> Company:
    return world.here


@pytest.fixture
def integrator(company: Company) -> Client:
    return sign_in(company.owner)


@pytest.fixture
def simulators(settings: Any) -> Iterator[int]:
    with sandbox_server() as port:
        settings.SANDBOX_URL, settings.SANDBOX_TOKEN = f"http://127.0.0.1:{port}", TOKEN
        yield port


def text_of(answer: Any) -> str:
    return str(answer.content.decode())


def begin(client: Client, slug: str, **more: str) -> str:
    """The address of the set-up."""
    answer = client.post("/set-up/begin/", {"connector": slug, **more})
    assert answer.status_code == 302, answer.content
    return str(answer["Location"]).removesuffix("connect/")


def connect_sandbox(client: Client, slug: str) -> str:
    return begin(client, slug, sandbox="1", once=f"button of {slug}")


def the(company: Company, model: Any, **found: Any) -> Any:
    with tenant_scope(company.tenant):
        return model.objects.get(**found)


def test_it_finds_systems_by_what_they_do(integrator: Client, settings: Any) -> None:
    settings.SANDBOX_URL = ""
    page = text_of(integrator.get("/set-up/?q=sales+orders"))
    assert "Set up NetSuite" in page and "Set up Shopify" not in page
    assert "Connect a sandbox" not in page
    page = text_of(integrator.get("/set-up/?q=%3Cscript%3E" + LONG[:3000]))
    assert "No system is called so" in page and "<script>ä" not in page


def test_it_connects_a_sandbox_by_one_click_and_by_two(
    integrator: Client, company: Company, simulators: int
) -> None:
    address = connect_sandbox(integrator, "shopify")
    assert connect_sandbox(integrator, "shopify") == address
    row = the(company, Connection)
    assert row.environment == "sandbox" and row.account == company.tenant.slug
    page = text_of(integrator.get(f"{address}connect/"))
    assert "lets Ekyam in" in page and "own simulator" in page
    assert "Nobody answers at" in page  # no server is at the public address of this test
    assert open_credentials(row)["client_secret"] not in page
    with tenant_scope(company.tenant):
        told = list(AuditEntry.objects.order_by("number").values_list("action", flat=True))
    assert told == ["set_up.begun", "connection.made", "connection.checked"]


def test_it_says_of_each_part_what_is_wrong_and_what_to_do(
    integrator: Client, company: Company, simulators: int
) -> None:
    address = connect_sandbox(integrator, "netsuite")
    with tenant_scope(company.tenant):
        row = Connection.objects.get()
        seal_credentials(row, {**open_credentials(row), "client_id": "another", "access_token": ""})
        row.save()
    integrator.post(f"{address}check/")
    page = text_of(integrator.get(f"{address}connect/"))
    assert "To mend it:" in page and "Not asked, because the credentials" in page
    assert "Go on all the same" in page
    assert the(company, Connection).state == "needs_reauthorization"
    assert "set-up is not finished" in text_of(integrator.get("/connections/"))


def test_a_simulator_that_is_down_connects_nothing(
    integrator: Client, company: Company, settings: Any
) -> None:
    settings.SANDBOX_URL = "http://127.0.0.1:9"
    address = begin(integrator, "whiplash", sandbox="1")
    page = text_of(integrator.get(f"{address}connect/"))
    assert "The simulators do not answer." in page
    integrator.get(f"{address}map/")
    assert "First connect Whiplash" in text_of(integrator.get(f"{address}connect/"))
    with tenant_scope(company.tenant):
        assert not Connection.objects.exists()


def shop(**more: str) -> dict[str, str]:
    given = {"way": "oauth", "label": "Shop 🛒", "s_shop": "juniper", "c_client_id": "app"}
    defaults = {
        "s_api_version": "2026-07",
        "s_notify_customer": "no",
        "s_order_number_place": "tag",
        "s_refund_on_cancel": "no",
        "s_restock_on_cancel": "yes",
    }
    return {**given, **defaults, "c_client_secret": "a canary of the form", **more}


def test_it_keeps_what_was_filled_in_and_gives_no_secret_back(
    integrator: Client, company: Company
) -> None:
    address = begin(integrator, "shopify") + "connect/"
    answer = integrator.post(address, shop(s_shop="not a shop!", label=LONG))
    page = text_of(answer)
    assert answer.status_code == 200 and "does not look as it should" in page
    assert 'value="app"' in page and "canary" not in page
    assert "at most 80 characters" in page
    for _ in range(2):  # a double click
        assert integrator.post(address, shop()).status_code == 302
    page = text_of(integrator.get(address))
    assert "Go to Shopify" in page and "canary" not in page and "Kept. Type only" in page
    assert integrator.post(address, shop(label="Shop", c_client_secret="")).status_code == 302
    row = the(company, Connection)
    assert (row.label, row.environment) == ("Shop", "live")
    assert open_credentials(row)["client_secret"] == "a canary of the form"


def test_another_way_to_log_in_keeps_what_was_typed(integrator: Client, company: Company) -> None:
    address = begin(integrator, "shopify") + "connect/"
    assert 'name="to" value="access_token" formnovalidate' in text_of(integrator.get(address))
    other = integrator.post(address, {**shop(s_shop="not yet!"), "to": "access_token"})
    page = text_of(other)
    assert other.status_code == 200 and 'role="alert"' not in page and "canary" not in page
    assert "Shop 🛒" in page and 'value="not yet!"' in page and 'name="c_access_token"' in page
    assert '<input type="hidden" name="c_client_id" value="app">' in page
    back = {"c_client_id": "app", "c_access_token": "a canary of another", "to": "oauth"}
    page = text_of(integrator.post(address, {**shop(way="access_token"), **back}))
    assert 'name="c_client_id" value="app"' in page and "canary" not in page
    with tenant_scope(company.tenant):
        assert not Connection.objects.exists()


@pytest.mark.parametrize(
    "pasted",
    [
        "acme-shop.myshopify.com",
        " https://acme-shop.myshopify.com/ ",
        "https://Acme-Shop.myshopify.com/admin/orders?x=1",
        "https://admin.shopify.com/store/acme-shop",
        "https://admin.shopify.com/store/acme-shop/orders",
        "acme-shop",
    ],
)
def test_it_takes_the_address_of_a_shop_for_its_name(
    integrator: Client, company: Company, pasted: str
) -> None:
    form = shop(s_shop=pasted)
    assert integrator.post(begin(integrator, "shopify") + "connect/", form).status_code == 302
    row = the(company, Connection)
    assert row.settings["shop"].lower() == "acme-shop" and row.account == "acme-shop"


@pytest.mark.parametrize("typed", ["acme.example.com", "https://acme.example.com/", "/", "a b"])
def test_it_takes_no_other_address_for_a_shop(
    integrator: Client, company: Company, typed: str
) -> None:
    answer = integrator.post(begin(integrator, "shopify") + "connect/", shop(s_shop=typed))
    assert answer.status_code == 200
    with tenant_scope(company.tenant):
        assert not Connection.objects.exists()


def test_it_takes_no_account_that_another_connection_has(
    integrator: Client, company: Company
) -> None:
    integrator.post(begin(integrator, "shopify") + "connect/", shop())
    address = begin(integrator, "shopify", once="2") + "connect/"
    for same in (shop(), shop(s_shop=shop()["s_shop"].upper())):
        answer = integrator.post(address, same)
        assert answer.status_code == 200 and "connected already" in text_of(answer)
    assert the(company, Connection).label == "Shop 🛒"


def test_it_asks_for_no_more_than_what_is_chosen_needs(
    integrator: Client, company: Company
) -> None:
    address = begin(integrator, "shopify")
    integrator.post(f"{address}uses/", {"use": ["stream:locations", "stream:nonsense"]})
    page = text_of(integrator.get(f"{address}connect/"))
    table = page[page.index('aria-label="Permissions"') :]
    first = table[table.index("<tbody>") :].split("</tr>")[0]
    assert "read_locations" in first and "Needed" in first
    assert table.count("Needed</span>") == 1
    assert the(company, SetUp).uses == ["stream:locations"]


def test_it_goes_from_nothing_to_flows_that_are_on(
    integrator: Client, company: Company, simulators: int
) -> None:
    first = connect_sandbox(integrator, "shopify")
    assert "is the only one" in text_of(integrator.get(f"{first}flows/"))
    address = connect_sandbox(integrator, "netsuite")
    integrator.post(f"{address}map/read/")
    for _ in range(2):  # again: in place of the first, and not beside it
        integrator.post(f"{address}map/read/")
    with tenant_scope(company.tenant):
        kept = Event.objects.count()
        assert kept and set(Event.objects.values_list("origin", "state")) == {("sample", "ignored")}
        assert Event.objects.filter(feed="items").count() <= 10
    assert "Fits" in text_of(integrator.get(f"{address}map/"))
    assert "EKM-" in text_of(integrator.get(f"{address}map/stream/?stream=products"))
    for step in ("map", "writer"):
        integrator.post(f"{address}agree/", {"step": step})
    page = text_of(integrator.get(f"{address}flows/"))
    with tenant_scope(company.tenant):
        shop_id, erp_id = (
            Connection.objects.get(connector=slug).public_id for slug in ("shopify", "netsuite")
        )
    key = f"{shop_id}.orders.{erp_id}.upsert_sales_order"
    assert key in page
    for _ in range(2):
        integrator.post(f"{address}flows/", {"flow": [key, "nonsense"]})
    flow = the(company, Flow)
    assert flow.label == "Orders" and not flow.is_on
    assert flow.public_id in text_of(integrator.get(f"{address}live/"))
    would = text_of(integrator.get(f"{address}live/preview/?flow={flow.public_id}"))
    assert "1 record: 1 would" in would and "sent to <strong>NetSuite sandbox" in would
    look_before_it_is_on(integrator, company, address, flow)
    assert the(company, Flow).is_on
    page = text_of(integrator.get(f"{address}live/"))
    assert "The flow is On. The set-up is finished." in page
    with tenant_scope(company.tenant):
        assert list_unfinished() == []
        assert not Delivery.objects.exists()
        row = Connection.objects.get(connector="shopify")
        assert "stream:orders" in (uses_of(row) or [])
    late = integrator.post(f"{address}flows/", {"flow": [key]}, follow=True)
    assert "finished or discarded meanwhile" in text_of(late)
    bounded(integrator, address)


def look_before_it_is_on(client: Client, company: Company, address: str, flow: Flow) -> None:
    form = {"flow": [flow.public_id, "flw_nothing"]}
    page = text_of(client.get(f"{address}live/on/?flow={flow.public_id}&flow=flw_nothing"))
    assert f"live/preview/?flow={flow.public_id}" in page and "Turn it On" in page
    assert "No flow is chosen" in text_of(client.get(f"{address}live/on/"))
    for unseen in ({}, {"seen": "nonsense"}, {"seen": f"{flow.public_id}:7:0"}):
        said = text_of(client.post(f"{address}live/on/", {**form, **unseen}, follow=True))
        assert "Look first at what Orders would send" in said or "were changed since" in said
        assert not the(company, Flow).is_on
    would = text_of(client.get(f"{address}live/preview/?flow={flow.public_id}"))
    seen = re.findall(r'name="seen" value="([^"]+)"', would)
    for _ in range(2):
        client.post(f"{address}live/on/", {**form, "seen": seen})


def bounded(client: Client, address: str) -> None:
    pages = ("", "connect/", "map/", "map/stream/?stream=products", "writer/", "flows/", "live/")
    for name in (*pages, "/set-up/"):
        path = name if name.startswith("/") else address + name
        with CaptureQueriesContext(db) as queries:
            assert client.get(path).status_code == 200
        asked = [one for one in queries if one["sql"].startswith(("SELECT", "WITH"))]
        assert len(asked) <= 15, (path, [one["sql"][:120] for one in asked])


def test_discarding_keeps_what_is_connected(
    integrator: Client, company: Company, simulators: int
) -> None:
    address = connect_sandbox(integrator, "whiplash")
    page = text_of(integrator.post(f"{address}discard/", follow=True))
    assert "is discarded. Whiplash sandbox stays connected" in page
    again = integrator.post(f"{address}discard/", follow=True)
    assert "finished or discarded meanwhile" in text_of(again)
    with tenant_scope(company.tenant):
        assert list_unfinished() == []
        assert Connection.objects.count() == 1


def test_nothing_is_finished_without_a_connection_and_a_flow(
    integrator: Client, company: Company
) -> None:
    address = begin(integrator, "shopify")
    said = text_of(integrator.post(f"{address}finish/", follow=True))
    assert "First connect Shopify" in said
    integrator.post(f"{address}connect/", shop())
    said = text_of(integrator.post(f"{address}finish/", follow=True))
    assert "has no flow yet" in said and "Configure the flows" in said
    assert the(company, SetUp).ended_at is None


def test_discarding_says_that_nobody_has_agreed(integrator: Client, company: Company) -> None:
    address = begin(integrator, "shopify")
    integrator.post(f"{address}connect/", shop())
    page = text_of(integrator.post(f"{address}discard/", follow=True))
    assert "Nobody has agreed at Shopify" in page and "stays connected" not in page
    row = the(company, Connection)
    assert "Authorise again" in text_of(integrator.get(f"/connections/{row.public_id}/"))


def test_it_waits_as_long_as_a_busy_system_asks(
    integrator: Client, company: Company, simulators: int
) -> None:
    address = connect_sandbox(integrator, "netsuite")
    row = the(company, Connection)
    busy: dict[str, Any] = {"kind": "status", "status": 429, "times": 1}
    busy["headers"] = {"Retry-After": "1"}
    ask(simulators, row.connector, row.account, "break", busy)
    told = text_of(integrator.post(f"{address}map/read/", follow=True))
    assert "Not everything" not in told and "records were read" in told
    busy["headers"] = {"Retry-After": "60"}
    ask(simulators, row.connector, row.account, "break", busy)
    told = text_of(integrator.post(f"{address}map/read/", follow=True))
    assert "Not everything could be read." in told
