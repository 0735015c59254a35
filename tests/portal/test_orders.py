"""Orders found, filtered, kept as views, taken home, held, and acted on with a look before."""

import csv
import io
import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.http import urlencode

from ekyam.tenants.models import Role
from ekyam.tenants.scope import tenant_scope
from flows.mapping.logic import Logic
from flows.models import Delivery, FlowHour, OrderHold, SavedView
from flows.operations.versions import find_edition, publish, save_draft
from flows.states import State
from tests.portal import build
from tests.portal.conftest import Side, sign_in
from tests.world import add_member


def text_of(answer: Any) -> str:
    return re.sub(r"\s+", " ", answer.content.decode())


def labels(text: str) -> list[str]:
    return re.findall(r'<th scope="row"><a href="/orders/rec_\w+/">([^<]+)</a>', text)


def state_of(side: Side, one: Delivery) -> str:
    with tenant_scope(side.company.tenant):
        return Delivery.objects.get(pk=one.pk).state


# --- Finding ------------------------------------------------------------------------------------


def test_several_that_fit_are_listed_with_why(owner: Client, here: Side) -> None:
    text = text_of(owner.get("/search/", {"q": "jh-lamp-01"}))
    assert "More than one order fits" in text and text.count("<td>SKU</td>") == 4
    with tenant_scope(here.company.tenant):
        other = here.shop.record("#7001")
        here.shop.link(other, "whiplash", "SO1001")
    text = text_of(owner.get("/search/", {"q": "SO1001"}))
    assert "Number in NetSuite" in text and "Id in Whiplash" in text


# --- The list -----------------------------------------------------------------------------------


def test_filters_narrow_the_list_and_stay_in_the_address(owner: Client, here: Side) -> None:
    whiplash = here.shop.connections["whiplash"].public_id
    flow = here.shop.flow("Order numbers").public_id
    found = {
        urlencode(asked): labels(text_of(owner.get("/orders/", asked)))
        for asked in (
            {"state": "dead", "system": whiplash},
            {"flow": flow},
            {"q": "TRK1001"},
            {"q": "buyer1003@shopper.example", "state": "open"},
            {"system": whiplash},
            {"within": "day"},
            {"to": "2020-01-01"},
            {"from": "nonsense", "state": "nonsense"},
        )
    }
    everything = ["#1004", "#1003", "#1002", "#1001"]
    assert list(found.values()) == [
        *(["#1002"], ["#1004"], ["#1001"], ["#1003"], ["#1001"], everything, [], everything)
    ]
    text = text_of(owner.get("/orders/", {"system": whiplash, "q": "TRK1001"}))
    assert f'value="{whiplash}" selected' in text and 'value="TRK1001"' in text
    assert f"state=dead&amp;system={whiplash}&amp;q=TRK1001" in text
    assert owner.get("/orders/?flow=flw_nothing").status_code == 404


def test_under_way_is_what_its_row_says_is_under_way(owner: Client, here: Side) -> None:
    with tenant_scope(here.company.tenant):
        event = here.shop.event("netsuite", "salesorder", timezone.now())
        flow = here.shop.flow("ERP cancels in warehouse")
        vain = here.shop.delivery(flow, event, here.shipped, state=State.PARKED, note="In vain.")
        here.retrying.state = State.IN_DOUBT
        here.retrying.save()
    text = text_of(owner.get("/orders/?state=open"))
    assert labels(text) == ["#1004", "#1003"] and "1 being checked" in text
    with tenant_scope(here.company.tenant):
        vain.note = ""
        vain.save()
    assert labels(text_of(owner.get("/orders/?state=open"))) == ["#1004", "#1003", "#1001"]


def test_the_list_of_what_is_held_has_both_kinds(owner: Client, here: Side) -> None:
    with tenant_scope(here.company.tenant):
        build.hold(here.parked)
        values = {"tenant": here.company.tenant, "record": here.shipped}
        OrderHold.objects.create(**values, reason="Wait", held_by="asha")
    text = text_of(owner.get("/orders/?state=held"))
    assert labels(text) == ["#1003", "#1001"]
    assert "Held by a person" in text and "Held for review" not in labels(text)
    held = text_of(owner.get("/held/"))
    assert "Orders that people hold" in held and "Order #1001" in held


def test_views_are_kept_shared_and_removed(owner: Client, here: Side) -> None:
    kept = {
        "name": "  Stuck \N{SEEDLING} <script> ",
        "filters": "state=dead&within=week",
        "shared": "1",
    }
    owner.post("/orders/views/", kept)
    owner.post("/orders/views/", kept)  # twice is once
    answer = owner.post("/orders/views/", {"name": "x" * 10_000, "filters": ""}, follow=True)
    assert "longer than 60 characters" in text_of(answer)
    viewer = sign_in(here.company.viewer)
    viewer.post("/orders/views/", {**kept, "name": "Mine"})  # may not share
    with tenant_scope(here.company.tenant):
        views = {one.name: one for one in SavedView.objects.all()}
    shared = views["Stuck \N{SEEDLING} <script>"]
    assert len(views) == 2 and shared.is_shared and not views["Mine"].is_shared
    text = text_of(viewer.get("/orders/"))
    assert "Stuck \N{SEEDLING} &lt;script&gt;" in text and "?state=dead&amp;within=week" in text
    assert "Mine" not in text_of(owner.get("/orders/"))
    assert viewer.post(f"/orders/views/{shared.public_id}/remove/").status_code == 403
    assert owner.post(f"/orders/views/{views['Mine'].public_id}/remove/").status_code == 403
    owner.post(f"/orders/views/{shared.public_id}/remove/")
    assert owner.post(f"/orders/views/{shared.public_id}/remove/").status_code == 404


def test_the_csv_has_what_the_filter_leaves(owner: Client, here: Side) -> None:
    with tenant_scope(here.company.tenant):
        here.shop.link(here.dead.record, "whiplash", "=1+1")  # type: ignore[arg-type]
    answer = owner.get("/orders/csv/?state=dead")
    rows = list(csv.reader(io.StringIO(answer.getvalue().decode())))
    assert rows[0][0] == "Order" and len(rows) == 2
    assert rows[1][:2] == ["#1002", "Dead letter"] and "NetSuite SO1002" in rows[1][2]


@pytest.mark.parametrize(
    "address",
    [
        "/orders/?state=held",
        "/orders/?state=dead&system={system}&flow={flow}&within=week&q=jh-lamp-01",
        "/search/?q=JH-LAMP-01",
        "/deliveries/{dead}/replay/",
        "/orders/{order}/",
        "/orders/{order}/hold/",
    ],
)
def test_it_asks_little_whatever_there_is(owner: Client, here: Side, address: str) -> None:
    with tenant_scope(here.company.tenant):
        for number in range(2000, 2005):
            build.refused(here.shop, str(number))
    found = address.format(
        system=here.shop.connections["whiplash"].public_id,
        flow=here.shop.flow("Shipment Sync").public_id,
        dead=here.dead.public_id,
        order=here.dead.record.public_id if here.dead.record else "",
    )
    with CaptureQueriesContext(connection) as asked:
        assert owner.get(found).status_code == 200
    transactional = ("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT", "SELECT set_config")
    queries = [one["sql"] for one in asked if not one["sql"].strip().startswith(transactional)]
    assert len(queries) <= 15, queries


# --- The journey --------------------------------------------------------------------------------


def test_it_says_how_long_is_usual_and_which_mapping_made_it(owner: Client, here: Side) -> None:
    flow = here.shop.flow("Shipment Sync")
    with tenant_scope(here.company.tenant):
        save_draft(flow, Logic(), edition=find_edition(flow))
        version = publish(flow)
        hour = here.shop.now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=2)
        FlowHour.objects.create(
            tenant=here.company.tenant, flow=flow, hour=hour, made=9, done=9, median_ms=240_000
        )
        Delivery.objects.filter(pk=here.parked.pk).update(version=version)
    assert here.parked.record is not None
    text = text_of(owner.get(f"/orders/{here.parked.record.public_id}/"))
    assert "Order #1003 waits on its way to Whiplash for 29 min (usual: 4 min)" in text
    assert "Late." in text and "(usual: 4 min)" in text
    assert f"/versions/{version.public_id}/" in text or version.public_id in text
    assert "the connector" in text


def test_units_and_money_stand_side_by_side(owner: Client, here: Side) -> None:
    text = text_of(owner.get(f"/orders/{here.shipped.public_id}/"))
    table = text.split('id="across"')[1].split("</table>")[0]
    assert "The systems agree." in table
    for system in ("Shopify", "NetSuite", "Shipped"):
        assert f'class="number">{system}</th>' in table
    assert table.count('<td class="number">2</td><td class="number">90.00</td>') == 2
    with tenant_scope(here.company.tenant):
        event = here.shop.event("netsuite", "salesorder", here.shop.now)
        lines = [{"id": "1", "reference": "L1", "sku": "JH-LAMP-01", "quantity": "1"}]
        said = {"id": "901001", "number": "SO1001", "order_id": "901001", "lines": lines}
        here.shop.delivery(here.shop.flow("Shipment Sync"), event, here.shipped, standard=said)
    text = text_of(owner.get(f"/orders/{here.shipped.public_id}/"))
    assert "The systems differ." in text and "(differs)" in text


# --- Deeds --------------------------------------------------------------------------------------


def seen_in(text: str) -> str:
    return str(re.findall(r'name="seen" value="(\w+)"', text)[0])


def test_a_deed_is_told_before_and_done_once(owner: Client, here: Side) -> None:
    address = f"/deliveries/{here.dead.public_id}/replay/"
    text = text_of(owner.get(address))
    assert "sent to Whiplash again" in text and "If the cause is not mended" in text
    form = {"seen": seen_in(text), "back": "/orders/"}
    assert owner.post(address, form)["Location"] == "/orders/"
    with tenant_scope(here.company.tenant):
        Delivery.objects.filter(pk=here.dead.pk).update(
            state="succeeded", finished_at=here.shop.now
        )
    again = owner.post(address, form, follow=True)  # a double click, or a tab of yesterday
    assert "It has changed since you looked" in text_of(again) and "Delivered" in text_of(again)
    assert state_of(here, here.dead) == State.SUCCEEDED


def test_what_cannot_be_done_is_said_and_has_no_button(owner: Client, here: Side) -> None:
    with tenant_scope(here.company.tenant):
        done = Delivery.objects.filter(state="succeeded")[0]
        build.hold(here.parked)
    for address, words in (
        (f"/deliveries/{done.public_id}/cancel/", "It has been sent, or may have been"),
        (f"/deliveries/{here.parked.public_id}/replay/", "release it or reject it|holds it"),
        (f"/held/{done.public_id}/release/", "No rule holds it any more"),
    ):
        text = text_of(owner.get(address))
        assert re.search(words, text) and 'name="seen"' not in text


def test_an_order_is_held_with_a_reason_and_released(owner: Client, here: Side) -> None:
    assert here.parked.record is not None
    page = f"/orders/{here.parked.record.public_id}/"
    assert "Nothing more of this order leaves" in text_of(owner.get(f"{page}hold/"))
    assert "Say why" in text_of(owner.post(f"{page}hold/", {"reason": " "}))
    assert "is held by" not in text_of(owner.get(page))
    owner.post(f"{page}hold/", {"reason": "A \N{SEEDLING} <script>"})
    twice = owner.post(f"{page}hold/", {"reason": "Again"}, follow=True)
    assert "holds it already" in text_of(twice)
    text = text_of(owner.get(page))
    assert "Order #1003 is held by owner@juniper.example" in text
    assert "A \N{SEEDLING} &lt;script&gt;" in text and "Release…" in text
    seen = seen_in(text_of(owner.get(f"{page}release/")))
    owner.post(f"{page}release/", {"seen": seen})
    assert "Nobody holds it" in text_of(owner.post(f"{page}release/", {"seen": seen}, follow=True))
    assert "Held before" in text_of(owner.get(page))


def test_who_may_only_look_is_shown_no_deed(here: Side) -> None:
    viewer = sign_in(add_member(here.company.tenant, Role.DEVELOPER))
    assert here.dead.record is not None
    text = text_of(viewer.get(f"/orders/{here.dead.record.public_id}/"))
    for word in ("Replay…", "Hold…", "Cancel…"):
        assert word not in text
    assert viewer.get(f"/deliveries/{here.dead.public_id}/replay/").status_code == 403
