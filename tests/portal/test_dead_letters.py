"""Dead letters as people see and mend them: causes, filters, edits, many at once."""

import csv
import html
import io
import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from ekyam.audit.models import AuditEntry
from ekyam.tenants.models import Membership
from ekyam.tenants.scope import tenant_scope
from flows.models import Comment, Delivery
from flows.queries.dead_letters import list_dead_groups
from flows.queries.record_form import sections_of
from flows.states import State
from tests.portal import build
from tests.portal.conftest import Side


def read(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, answer.status_code
    return re.sub(r"\s+", " ", answer.content.decode())


def refuse(side: Side, number: str, **changed: Any) -> Delivery:
    """Refused as the first one was, of another order."""
    with tenant_scope(side.company.tenant):
        one = build.refused(side.shop, number)
        Delivery.objects.filter(pk=one.pk).update(**changed)
        return Delivery.objects.get(pk=one.pk)


def key_of(side: Side, delivery: Delivery | None = None) -> str:
    with tenant_scope(side.company.tenant):
        return str(Delivery.objects.get(pk=(delivery or side.dead).pk).cause.hex)


def fresh(side: Side, delivery: Delivery) -> Delivery:
    with tenant_scope(side.company.tenant):
        return Delivery.objects.get(pk=delivery.pk)


def read_after(client: Client, address: str, form: dict[str, str]) -> str:
    return str(client.post(address, form, follow=True).content.decode())


# --- Causes -------------------------------------------------------------------------------------


def test_what_died_alike_is_one_cause(here: Side, owner: Client) -> None:
    refuse(here, "1012", reason="Whiplash rejects the postcode: it needs 6 digits.")
    refuse(here, "1013", reason="Whiplash rejects the postcode: it needs 66 digits.")
    refuse(here, "1014", reason="Whiplash rejects the city.")
    with tenant_scope(here.company.tenant):
        groups = list_dead_groups()
    assert sorted(group.count for group in groups) == [1, 1, 2]
    text = read(owner, "/dead-letters/")
    assert "4 dead letters have 3 causes" in text and "NetSuite, Whiplash" in text
    assert "Correct the records" in text and "This is yours to mend" in text


@pytest.mark.parametrize(
    ("failure", "reason", "label", "leads"),
    [
        (
            "missing_row",
            "«DHL» has no row in the lookup table «carriers».",
            "Add the row",
            "/tables/",
        ),
        ("unauthorized", "The token is void.", "Authorise Whiplash again", "/connections/"),
        ("unreachable", "No answer.", "Retry", "mend/?deed=retry"),
        ("too_late", "It is shipped.", "Waive them", "mend/?deed=waive"),
        ("bug", "KeyError", "Retry", "mend/?deed=retry"),
    ],
)
def test_it_proposes_a_mending(
    here: Side, owner: Client, failure: str, reason: str, label: str, leads: str
) -> None:
    one = refuse(here, "1012", failure=failure, reason=reason)
    for address in ("/dead-letters/", f"/dead-letters/{key_of(here, one)}/"):
        text = read(owner, address)
        assert label in text and leads in text


def test_it_leads_to_the_line_of_the_mapping(here: Side, owner: Client) -> None:
    said = {"failure": "mapping_failed", "reason": "zip is required, but x is empty."}
    one = refuse(here, "1012", line="lines[0].sku", attempts_made=0, standard=None, **said)
    found = re.search(r'href="(/flows/[^"]+/line/\?[^"]+)"', read(owner, "/dead-letters/"))
    assert found and "side=reader" in found[1]
    text = read(owner, found[1].replace("&amp;", "&"))
    assert "Shipment Sync: mapping" in text and 'value="lines"' in text  # a function makes them
    assert key_of(here, one) != key_of(here)


def test_what_a_rule_could_not_judge_leads_to_the_rules(here: Side, owner: Client) -> None:
    reason = "Rule «Big»: total is a number, and «a lot» is none."
    said = {"failure": "mapping_failed", "reason": reason, "line": "Big"}
    one = refuse(here, "1012", attempts_made=0, **said)
    text = read(owner, f"/dead-letters/{key_of(here, one)}/")
    assert "The rule «Big» of Shipment Sync cannot be judged." in text
    assert f'href="/flows/{here.shop.flow("Shipment Sync").public_id}/rules/"' in text
    assert "Put it right in NetSuite" not in text and "the line of the mapping" not in text


def test_what_lacks_something_is_put_right_at_its_source(here: Side, owner: Client) -> None:
    reason = "Order SO1012 has no complete shipping address: city missing."
    said = {"failure": "mapping_failed", "reason": reason, "line": "shipping_address"}
    one = refuse(here, "1012", attempts_made=0, **said)
    assert one.standard is not None
    text = read(owner, f"/dead-letters/{key_of(here, one)}/")
    assert "Put it right in NetSuite: then it goes on by itself." in text
    assert "the line of the mapping that fills «shipping_address»" in text
    assert "Correct the records" in text and f"/deliveries/{one.public_id}/edit/" in text
    assert "The one letter is meant." in text


def test_it_narrows_pages_and_exports(here: Side, owner: Client) -> None:
    for number in range(2000, 2060):
        refuse(here, str(number), finished_at=here.shop.now - timedelta(days=2))
    key, flow = key_of(here), here.shop.flow("Shipment Sync").public_id
    first = read(owner, f"/dead-letters/{key}/")
    second = read(owner, f"/dead-letters/{key}/?after={first.split('after=')[1].split(chr(34))[0]}")
    ids = [re.findall(r'name="id" value="(dlv_\w+)"', text) for text in (first, second)]
    assert len(ids[0]) == 50 and len({*ids[0], *ids[1]}) == 61
    assert "The one letter is meant" in read(owner, f"/dead-letters/{key}/?since=day")
    assert "All 61 are meant" in read(owner, f"/dead-letters/{key}/?flow={flow}")
    other = here.shop.flow("Orders").public_id
    assert "No letter of this cause" in read(owner, f"/dead-letters/{key}/?flow={other}")
    assert "No dead letter is like this" in read(owner, f"/dead-letters/?flow={other}")
    assert owner.get("/dead-letters/?flow=flw_wrong").status_code == 404
    assert owner.get(f"/dead-letters/{key}/?after=1-2").status_code == 404
    answer: Any = owner.get("/dead-letters/csv/?since=day")
    rows = list(csv.DictReader(io.StringIO(b"".join(answer).decode())))
    assert [row["Record"] for row in rows] == ["#1002"]


def test_it_asks_few_questions(here: Side, owner: Client) -> None:
    for number in range(10):
        refuse(here, str(2000 + number), reason=f"Reason {'x' * number}")
    for address in ("/dead-letters/?assigned=me", f"/dead-letters/{key_of(here)}/?assigned=me"):
        owner.post(f"/dead-letters/{key_of(here)}/assign/", {"member": "me"})
        with CaptureQueriesContext(connection) as asked:
            read(owner, address)
        said = [one["sql"] for one in asked if _is_question(one["sql"])]
        assert len(said) <= 15, said


def _is_question(sql: str) -> bool:
    """Not the entering of a scope, which in a test is a sentence more."""
    return sql.lstrip().startswith(("SELECT", "WITH")) and "set_config" not in sql


# --- Editing, looking after, saying -------------------------------------------------------------


def test_it_is_edited_as_a_form_with_the_difference_first(here: Side, owner: Client) -> None:
    address = f"/deliveries/{here.dead.public_id}/edit/"
    text = read(owner, address)
    assert text.index("What it seems to be about") < text.index("shipping_address.postal_code")
    seen = re.findall(r'name="seen" value="(\w+)"', text)[0]
    typed = {"as": "form", "seen": seen, "f.shipping_address.postal_code": "411001"}
    looked = owner.post(address, {**typed, "do": "look"})
    shown = looked.content.decode()
    assert looked.status_code == 200 and "<ins>" in shown and "411001" in shown
    assert fresh(here, here.dead).state == State.DEAD
    record = fresh(here, here.dead).standard
    record["shipping_address"]["postal_code"] = "411001"
    kept = {"as": "form", "seen": seen, "standard": json.dumps(record), "do": "keep"}
    assert 'value="411001"' in owner.post(address, {**kept, "do": "back"}).content.decode()
    assert owner.post(address, kept).status_code == 302
    row = fresh(here, here.dead)
    assert (
        row.state == State.PENDING and row.standard["shipping_address"]["postal_code"] == "411001"
    )


def test_a_field_that_was_emptied_stays_to_be_filled_in_again(here: Side, owner: Client) -> None:
    address = f"/deliveries/{here.dead.public_id}/edit/"
    emptied = {"as": "form", "f.number": "", "f.lines.0.sku": "", "do": "look"}
    refused = owner.post(address, emptied).content.decode()
    assert 'role="alert"' in refused
    assert 'name="f.number" value=""' in refused and 'name="f.lines.0.sku" value=""' in refused
    lines = [{**line, "sku": None} for line in here.dead.standard["lines"]]
    edited = json.dumps({**here.dead.standard, "lines": lines})
    back = owner.post(address, {"as": "form", "standard": edited, "do": "back"}).content.decode()
    assert 'name="f.lines.0.sku" value=""' in back


def test_what_was_typed_goes_along_from_the_form_to_json_and_back(
    here: Side, owner: Client
) -> None:
    address = f"/deliveries/{here.dead.public_id}/edit/"
    form = {"as": "form", "f.number": "Typed", "do": "json"}
    assert "&quot;number&quot;: &quot;Typed&quot;" in owner.post(address, form).content.decode()
    wanted = {**here.dead.standard, "cod_amount": "7", "number": "Typed"}
    asked = {"as": "json", "standard": json.dumps(wanted), "do": "form"}
    shown = owner.post(address, asked).content.decode()
    base = html.unescape(re.findall(r'name="base" value="([^"]+)"', shown)[0])
    assert json.loads(base) == wanted and 'name="f.number" value="Typed"' in shown
    form = {"as": "form", "base": base, "f.number": "Again", "do": "json"}
    text = html.unescape(owner.post(address, form).content.decode())
    assert '"cod_amount": "7"' in text and '"number": "Again"' in text
    for odd in ("{", "[]", '{"lines": [[1]], "shipping_address": 7}', '{"lines": "x"}'):
        for do in ("form", "json"):
            assert owner.post(address, {"standard": odd, "do": do}).status_code == 200
            assert owner.post(address, {"base": odd, "do": do}).status_code == 200


def test_a_text_of_several_lines_keeps_them(here: Side, owner: Client) -> None:
    address, note = f"/deliveries/{here.dead.public_id}/edit/", "Ring twice.\r\nThen wait."
    with tenant_scope(here.company.tenant):
        standard = {**here.dead.standard, "note": note}
        Delivery.objects.filter(pk=here.dead.pk).update(standard=standard)
    shown = owner.get(address).content.decode()
    assert re.search(r'<textarea [^>]*name="f.note"[^>]*>\nRing twice.\nThen', shown)
    typed = {"as": "form", "f.note": note, "f.shipping_address.postal_code": "411001", "do": "look"}
    shown = owner.post(address, typed).content.decode()
    assert "411001" in shown and not re.search("<(ins|del)>[^<]*Ring twice", shown)


def test_what_is_spoken_of_is_there_however_long_the_record_is() -> None:
    line = {"id": "1", "sku": "A", "title": "B", "quantity": "1", "unit_price": "2"}
    first, *_ = sections_of("order", {"lines": [line] * 200}, "The note is too long.")
    assert [field.label for field in first.fields] == ["Note"]


def test_what_is_spoken_of_comes_first_and_says_of_what_it_is() -> None:
    reason = "Order SO1002 has no complete shipping address: line1, city, country missing."
    first, *_ = sections_of("shipment_request", {"number": "SO1002"}, reason)
    assert [field.label for field in first.fields] == [
        "Shipping address line1",
        "Shipping address city",
        "Shipping address country",
    ]


def test_who_was_slower_sees_the_others_edit_and_loses_nothing(here: Side, owner: Client) -> None:
    address, before = f"/deliveries/{here.dead.public_id}/edit/", here.dead.standard
    seen = re.findall(r'name="seen" value="(\w+)"', read(owner, address))[0]
    with tenant_scope(here.company.tenant):
        Delivery.objects.filter(pk=here.dead.pk).update(standard={**before, "note": "Theirs"})
    mine = {"seen": seen, "standard": json.dumps({**before, "note": "Mine"}), "do": "keep"}
    answer = owner.post(address, mine)
    text = answer.content.decode()
    assert answer.status_code == 200 and "Theirs" in text and "Mine" in text
    assert fresh(here, here.dead).standard["note"] == "Theirs"
    again = re.findall(r'name="seen" value="(\w+)"', text)[0]
    assert owner.post(address, {**mine, "seen": again}).status_code == 302
    assert fresh(here, here.dead).standard["note"] == "Mine"


def test_an_order_is_found_by_what_was_edited_into_it(here: Side, owner: Client) -> None:
    search = "/orders/?q=mended@shop.example"
    assert "#1002" not in owner.get(search, follow=True).content.decode()
    address, was = f"/deliveries/{here.dead.public_id}/edit/", here.dead.standard
    seen = re.findall(r'name="seen" value="(\w+)"', read(owner, address))[0]
    edited = json.dumps({**was, "email": "mended@shop.example"})
    form = {"as": "json", "seen": seen, "standard": edited, "do": "keep"}
    assert owner.post(address, form).status_code == 302
    assert "#1002" in owner.get(search, follow=True).content.decode()


def test_it_is_looked_after(here: Side, there: Side, owner: Client) -> None:
    other, key = refuse(here, "2000"), key_of(here)
    owner.post(f"/dead-letters/{key}/assign/", {"member": "me"})
    with tenant_scope(here.company.tenant):
        viewer = Membership.objects.get(user=here.company.viewer)
    owner.post(f"/deliveries/{other.public_id}/assign/", {"member": viewer.public_id})
    assert "looks after it" in read(owner, "/dead-letters/?assigned=me")
    assert "The one letter is meant" in read(owner, f"/dead-letters/{key}/?assigned=me")
    assert "The one letter is meant" in read(
        owner, f"/dead-letters/{key}/?assigned={viewer.public_id}"
    )
    assert "as the whole cause" in read(owner, f"/deliveries/{here.dead.public_id}/")
    with tenant_scope(there.company.tenant):
        foreign = Membership.objects.get(user=there.company.viewer).public_id
    answer = owner.post(f"/dead-letters/{key}/assign/", {"member": foreign})
    assert answer.status_code == 404
    owner.post(f"/dead-letters/{key}/assign/", {"member": ""})
    assert "No letter of this cause" in read(owner, f"/dead-letters/{key}/?assigned=me")


def test_what_is_said_of_it_is_kept_and_escaped(here: Side, owner: Client) -> None:
    key = key_of(here)
    said = "<script>alert(1)</script> 🦜 ask Whiplash"
    owner.post(f"/dead-letters/{key}/comments/", {"text": said})
    owner.post(f"/deliveries/{here.dead.public_id}/comments/", {"text": "Only this one."})
    text = read(owner, f"/dead-letters/{key}/")
    assert "&lt;script&gt;" in text and "🦜" in text and "Only this one." not in text
    text = read(owner, f"/deliveries/{here.dead.public_id}/")
    assert "Only this one." in text and "🦜" in text
    long = read_after(owner, f"/dead-letters/{key}/comments/", {"text": "x" * 10_000})
    assert "at most 2,000 characters" in long
    with tenant_scope(here.company.tenant):
        assert Comment.objects.count() == 2
        assert "parrot" not in str(list(AuditEntry.objects.values()))


def test_it_writes_to_the_vendor_without_a_secret(here: Side, owner: Client) -> None:
    with tenant_scope(here.company.tenant):
        attempt = here.dead.attempts.get()
        exchange = attempt.exchanges[0]
        exchange["headers"]["x-request-id"] = "req-77"
        exchange["url"] += "?access_token=hush"
        attempt.save()
    text = read(owner, f"/deliveries/{here.dead.public_id}/vendor/")
    assert "Request id: req-77" in text and "Status: 422" in text and "UTC" in text
    assert "hush" not in text and "JH-LAMP" not in text


def test_a_viewer_sees_and_changes_nothing(here: Side, viewer: Client) -> None:
    key = key_of(here)
    text = read(viewer, f"/dead-letters/{key}/")
    assert "needs six digits" in text and "Retry…" not in text and "Assign" not in text
    assert viewer.post(f"/dead-letters/{key}/mend/?deed=retry").status_code == 403
