"""The canvas of a mapping, and what is drawn on it, without a browser."""

import gzip
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from connectors.lines import Line, Mapping
from connectors.steps import ToTime, Trim
from ekyam.audit.models import AuditEntry
from ekyam.tenants.models import Role
from ekyam.tenants.scope import tenant_scope
from flows.mapping.logic import Logic
from flows.mapping.reads import fields_read, reads_of, targets_of
from flows.models import OwnChoice
from flows.operations.versions import save_draft
from flows.queries.versions import find_draft, logic_of
from tests.portal.conftest import Side, sign_in
from tests.portal.test_suggestions import BARE, draft, flow_of, look, receive_orders
from tests.world import add_member


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("", ()),
        ("@", ("@",)),
        ("a.b[0].c", ("a.b[].c",)),
        ("a[?x=='1'].v", ("a[].v",)),
        ("phone || address.phone", ("phone", "address.phone")),
        ("join(' ', [first, last])", ("first", "last")),
        ('"we ird".x', ('"we ird".x',)),
        ("a[", ()),
    ],
)
def test_it_knows_which_fields_a_path_reads(path: str, fields: tuple[str, ...]) -> None:
    assert fields_read(path) == fields


def test_it_reads_inside_lists_from_the_top_on() -> None:
    inner = (Line("sku", "sku"), Line("taxes", "tax_lines", each=(Line("rate", "rate"),)))
    lines = (Line("lines", "line_items", each=inner), Line("all", "[@]", each=inner[:1]))
    assert targets_of(lines)[0, 1, 0] == "lines[].taxes[].rate"
    assert reads_of(lines)[0, 1, 0] == ("line_items[].tax_lines[].rate",)
    assert reads_of(lines)[1, 0] == ("sku",)


@pytest.fixture
def address(here: Side) -> str:
    with tenant_scope(here.company.tenant):
        receive_orders(here)
    draft(here)
    look(here)
    return f"/flows/{here.shop.flow('Orders').public_id}/mapping/"


def send(
    client: Client, address: str, do: str, attribute: str, source: str = "", **more: str
) -> Any:
    form = {"do": do, "side": "reader", "attribute": attribute, "source": source, **more}
    return client.post(f"{address}lines/", form, headers={"hx-request": "true"})


def reader(side: Side) -> dict[str, Line]:
    with tenant_scope(side.company.tenant):
        found = find_draft(flow_of(side))
        assert found
        mapping = logic_of(found).reader
    assert mapping
    return {line.target: line for line in mapping.lines}


def text_of(answer: Any) -> str:
    return re.sub(r"\s+", " ", answer.content.decode())


def undo_of(answer: Any) -> str:
    found = re.search(r'data-do="undo" data-before="([^"]*)"', answer.content.decode())
    assert found
    return found[1].replace("&quot;", '"')


def test_it_shows_fields_with_values_attributes_and_suggestions(
    owner: Client, address: str, django_assert_max_num_queries: Callable[[int], Any]
) -> None:
    with django_assert_max_num_queries(15):
        answer = owner.get(address)
    text = text_of(answer)
    assert "differs in" in text and "required attributes are still empty" in text
    assert 'data-p="line_items[].sku"' in text and 'data-o="line_items[].sku"' in text
    assert "Leave at the door" in text
    with django_assert_max_num_queries(15):
        text = text_of(owner.get(f"{address}?side=writer"))
    assert 'data-p="otherRefNum"' in text and "cannot be read" in text


def test_a_drawn_line_has_the_steps_that_it_wants(here: Side, owner: Client, address: str) -> None:
    answer = send(owner, address, "draw", "placed_at", "created_at", edition="1")
    text = text_of(answer)
    assert "<html" not in text and "placed_at is filled from created_at" in text
    assert 'value="2"' in text and answer["HX-Retarget"] == "#attributes"
    assert reader(here)["placed_at"] == Line("placed_at", "created_at", (ToTime(),))
    send(owner, address, "draw", "lines[].sku", "line_items[].sku", edition="2")
    assert reader(here)["lines"].each == (Line("sku", "sku", (Trim(),)),)
    with tenant_scope(here.company.tenant):
        assert OwnChoice.objects.filter(attribute="lines[].sku", is_accepted=True).exists()
        assert AuditEntry.objects.filter(action="flow_version.drafted").count() == 3


def test_a_line_is_taken_away_and_put_back(here: Side, owner: Client, address: str) -> None:
    send(owner, address, "draw", "lines[].sku", "line_items[].sku", edition="1")
    before = reader(here)
    answer = send(owner, address, "cut", "lines", edition="2")
    assert "with its 1 lines" not in text_of(answer) and "lines" not in reader(here)
    answer = send(owner, address, "undo", "lines", before=undo_of(answer), edition="3")
    assert reader(here) == before
    send(owner, address, "undo", "lines", before=undo_of(answer), edition="4")
    assert "lines" not in reader(here)


def test_what_does_not_fit_is_said_and_nothing_saved(
    here: Side, owner: Client, address: str
) -> None:
    before = reader(here)
    for attribute, source, said in (
        ("lines[].sku", "note", "is not in a list"),
        ("no_such_attribute", "note", "no_such_attribute"),
        ("", "note", "Choose a field"),
        ("note", "no[te", "cannot be read"),
    ):
        text = text_of(send(owner, address, "draw", attribute, source, edition="1"))
        assert said in text and "toast-error" in text
    for do in ("cut", "undo", "refuse"):
        assert "toast-error" in text_of(send(owner, address, do, "email", "x", edition="1"))
    assert reader(here) == before
    long = send(owner, address, "draw", "🧵<script>" * 1000, "note", edition="1")
    assert long.status_code == 200 and "🧵<script>" not in long.content.decode()


def test_two_at_once_see_theirs_beside_their_own(here: Side, owner: Client, address: str) -> None:
    send(owner, address, "draw", "number", "name", edition="1")
    text = text_of(send(owner, address, "draw", "number", "order_number", edition="1"))
    assert "has changed the draft since you looked" in text
    assert "number ← name" in text and "number ← order_number" in text
    assert reader(here)["number"].source == "name"
    send(owner, address, "draw", "number", "order_number", edition="2")
    assert reader(here)["number"].source == "order_number"


def test_the_panel_saves_and_draws_the_attributes_anew(
    here: Side, owner: Client, address: str
) -> None:
    shown = text_of(owner.get(f"{address}line/?side=reader&at=%2B&target=email&panel=1"))
    assert "Suggested for email" in shown and 'value="email"' in shown
    form = {"side": "reader", "at": "+", "target": "email", "source": "email", "panel": "1"}
    answer = owner.post(
        f"{address}line/", form | {"do": "save", "edition": "1"}, headers={"hx-request": "true"}
    )
    assert "line-saved" in answer["HX-Trigger"] and 'data-p="email"' in answer.content.decode()
    assert reader(here)["email"].source == "email"
    late = owner.post(f"{address}line/", form | {"do": "save", "edition": "1", "target": "phone"})
    assert late.status_code == 200 and "Nothing of yours is lost" in text_of(late)


def test_who_may_only_look_sees_no_way_to_draw(here: Side, address: str) -> None:
    viewer = sign_in(add_member(here.company.tenant, Role.VIEWER, "guest"))
    text = text_of(viewer.get(address))
    assert "data-may" not in text and "Draw a line" not in text
    assert send(viewer, address, "draw", "note", "note").status_code == 403


def test_three_hundred_lines_are_light(here: Side, owner: Client, address: str) -> None:
    more = tuple(Line(f"custom.field_{n}", f"wide.field_{n}", (Trim(),)) for n in range(300))
    with tenant_scope(here.company.tenant):
        own = flow_of(here).action_spec.writer.lines
        save_draft(
            flow_of(here), Logic(reader=BARE.reader, writer=Mapping((*own, *more))), edition=1
        )
    page = owner.get(f"{address}?side=writer").content
    assert page.count(b'class="t"') >= 300 + len(own) and page.count(b'class="f"') > 400
    assert len(gzip.compress(page)) < 40_000 and len(page) < 200_000
