"""What was done by one press is taken back by another: the button stands in the message."""

import re
from html import unescape
from typing import Any

from django.test import Client

from ekyam.tenants.scope import tenant_scope
from flows.models import KitPart, LookupRow, SavedView
from tests.portal.conftest import Side

TABLE, ODD = "carriers", 'Blue "Dart": <b>Air</b>'


def press_undo(client: Client, answer: Any) -> None:
    """As the form in the answer has it."""
    (form,) = re.findall(r'<form class="toast[^>]*>.*?</form>', answer.content.decode(), re.S)
    fields = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', form)
    address = re.search(r'action="([^"]+)"', form)
    assert address and "Undo</button>" in form
    given = {unescape(name): unescape(value) for name, value in fields}
    assert client.post(unescape(address[1]), given).status_code == 302


def rows(side: Side) -> dict[str, str]:
    with tenant_scope(side.company.tenant):
        return dict(LookupRow.objects.values_list("key", "value"))


def test_a_row_comes_back_and_a_changed_one_is_as_it_was(owner: Client, here: Side) -> None:
    row = {"table": TABLE, "key": ODD, "value": "4"}
    answer = owner.post("/tables/rows/", row, follow=True)
    assert "toast-undo" not in answer.content.decode()  # it stands there, with its own button
    press_undo(owner, owner.post("/tables/rows/", {**row, "value": "5"}, follow=True))
    assert rows(here) == {ODD: "4"}
    with tenant_scope(here.company.tenant):
        id = LookupRow.objects.get().public_id
    owner.get("/")  # which says what was done
    press_undo(owner, owner.post(f"/tables/rows/{id}/remove/", follow=True))
    assert rows(here) == {ODD: "4"}


def test_what_somebody_else_has_changed_since_stays(owner: Client, here: Side) -> None:
    row = {"table": TABLE, "key": ODD, "value": "4"}
    owner.post("/tables/rows/", row, follow=True)
    answer = owner.post("/tables/rows/", {**row, "value": "5"}, follow=True)
    owner.post("/tables/rows/", {**row, "value": "6"}, follow=True)
    press_undo(owner, answer)
    assert rows(here) == {ODD: "6"}
    assert "nothing was taken back" in owner.get("/").content.decode()


def test_a_view_comes_back(owner: Client, here: Side) -> None:
    kept = {"name": ODD, "filters": "state=dead&within=week", "shared": "1"}
    owner.post("/orders/views/", kept, follow=True)
    with tenant_scope(here.company.tenant):
        before = SavedView.objects.get()
    address = f"/orders/views/{before.public_id}/remove/"
    press_undo(owner, owner.post(address, follow=True))
    with tenant_scope(here.company.tenant):
        after = SavedView.objects.get()
    assert after.pk != before.pk
    assert (after.name, after.filters, after.is_shared) == (ODD, before.filters, True)


def test_a_view_that_was_kept_anew_has_its_filters_again(owner: Client, here: Side) -> None:
    kept = {"name": ODD, "filters": "state=dead&within=week", "shared": "1"}
    owner.post("/orders/views/", kept, follow=True)
    answer = owner.post("/orders/views/", {"name": ODD, "filters": "state=held"}, follow=True)
    assert "has these filters now" in answer.content.decode()
    press_undo(owner, answer)
    with tenant_scope(here.company.tenant):
        (row,) = SavedView.objects.all()
    assert (row.filters, row.is_shared) == ({"state": "dead", "within": "week"}, True)


def test_a_part_of_a_kit_comes_back(owner: Client, here: Side) -> None:
    address = f"/stock/flows/{here.shop.flow('Inventory Sync').public_id}/kits/"
    owner.post(address, {"kit": "SET-02", "part": "LAMP-02", "quantity": "3"}, follow=True)
    with tenant_scope(here.company.tenant):
        id = KitPart.objects.get().public_id
    press_undo(owner, owner.post(f"{address}remove/", {"part": id}, follow=True))
    with tenant_scope(here.company.tenant):
        (row,) = KitPart.objects.all()
    assert (row.kit, row.part, row.quantity) == ("SET-02", "LAMP-02", 3)
