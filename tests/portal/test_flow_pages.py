"""A flow's mapping, rules, versions and code as people see and change them."""

import gzip
import json
import re
from typing import Any

import msgspec
import pytest
from django.test import Client

from connectors.lines import Line, Mapping
from connectors.registry import folder_of
from connectors.steps import Fit
from ekyam.tenants.models import Role
from ekyam.tenants.scope import tenant_scope
from flows.mapping.logic import Logic
from flows.models import Flow, Version
from flows.operations.versions import find_edition, publish, save_draft
from flows.queries.versions import find_draft, logic_of
from flows.rules.rule import Compare, Hold, Rule
from tests.portal.conftest import Side, sign_in
from tests.world import add_member

LARGE = Rule("Large", Compare("total", "above", "1"), (Hold("Look at it"),))


@pytest.fixture
def flow(here: Side) -> Flow:
    """With one real order that came last."""
    text = (folder_of("shopify") / "samples" / "orders.json").read_text()
    found = json.loads(text)
    raw = found[0] if isinstance(found, list) else found
    with tenant_scope(here.company.tenant):
        here.shop.event("shopify", "orders/updated", here.shop.now, raw)
        return here.shop.flow("Orders")


def at(flow: Flow, page: str, **query: str) -> str:
    end = "?" + "&".join(f"{name}={value}" for name, value in query.items()) if query else ""
    return f"/flows/{flow.public_id}/{page}/{end}"


def drafted(here: Side, flow: Flow) -> Logic:
    with tenant_scope(here.company.tenant):
        found = find_draft(flow)
        return logic_of(found) if found else Logic()


def draft(here: Side, flow: Flow, logic: Logic) -> Version:
    with tenant_scope(here.company.tenant):
        return save_draft(flow, logic, edition=find_edition(flow))


def text_of(answer: Any) -> str:
    return re.sub(r"\s+", " ", answer.content.decode())


def number_line(**more: str) -> dict[str, str]:
    """The line of the order's number."""
    return {"side": "reader", "at": "3", "was": "number", "target": "number", "source": "name"} | {
        "required": "1",
        "edition": "0",
        "do": "save",
        **more,
    }


# --- The mapping --------------------------------------------------------------------------------


def test_it_shows_each_line_with_what_it_gives(owner: Client, flow: Flow) -> None:
    text = text_of(owner.get(at(flow, "mapping/list")))
    assert "Tried on the newest record" in text and "Add a line" in text
    assert 'id="reader-3"' in text and 'id="writer-0"' in text
    assert "required attributes are there" in text
    assert "no sample" not in text


def test_it_says_when_nothing_has_come(here: Side, owner: Client) -> None:
    text = text_of(owner.get(at(here.shop.flow("Products"), "mapping/list")))
    assert "nothing can be tried" in text and "no sample" in text


def test_a_viewer_may_look_and_not_touch(here: Side, flow: Flow) -> None:
    viewer = sign_in(add_member(here.company.tenant, Role.VIEWER, "guest"))
    for page in ("mapping", "rules", "versions", "code"):
        text = text_of(viewer.get(at(flow, page)))
        assert "Add a line" not in text and "Add a rule" not in text and "Import" not in text


def test_it_previews_each_step_while_one_types(owner: Client, flow: Flow) -> None:
    typed = number_line(do="preview", **{"step-1": "fit", "step-1-length": "2"})
    text = text_of(owner.post(at(flow, "mapping/line"), typed))
    assert "<html" not in text and "The path finds" in text and "Cut to a length" in text
    typed["step-1-length"] = "0"
    assert "is less than 1" in text_of(owner.post(at(flow, "mapping/line"), typed))
    typed["source"] = "name[["
    assert "cannot be read" in text_of(owner.post(at(flow, "mapping/line"), typed))


def test_it_saves_a_line_in_the_draft_and_comes_back_to_it(
    here: Side, owner: Client, flow: Flow
) -> None:
    typed = number_line(**{"step-1": "fit", "step-1-length": "8"})
    answer = owner.post(at(flow, "mapping/line"), typed)
    assert answer.status_code == 302 and answer["Location"].endswith("focus=reader-3")
    reader = drafted(here, flow).reader
    assert reader is not None
    assert reader.lines[3] == Line("number", "name", (Fit(8),), required=True)
    assert reader.lines[4:] == flow.stream_spec.reader.lines[4:]
    assert "autofocus" in text_of(owner.get(answer["Location"]))


def test_it_says_at_which_step_a_line_is_wrong(here: Side, owner: Client, flow: Flow) -> None:
    typed = number_line(**{"step-1": "trim", "step-2": "fit", "step-2-length": "0"})
    answer = owner.post(at(flow, "mapping/line"), typed)
    text = text_of(answer)
    assert answer.status_code == 200
    assert text.index("Step 2: Cut to a length") < text.index("«length» is less than 1.")
    for target in ("", "no_such_attribute", "label"):  # one is the target of another line
        answer = owner.post(at(flow, "mapping/line"), number_line(target=target))
        assert answer.status_code == 200 and 'role="alert"' in text_of(answer)
    assert drafted(here, flow) == Logic()


def test_two_people_lose_nothing(here: Side, owner: Client, flow: Flow) -> None:
    assert owner.post(at(flow, "mapping/line"), number_line(source="id")).status_code == 302
    late = number_line(source="order_number", **{"step-1": "text"})
    answer = owner.post(at(flow, "mapping/line"), late)
    text = text_of(answer)
    assert answer.status_code == 200
    assert "number ← id" in text and "number ← order_number" in text
    assert 'value="order_number"' in text and 'name="edition" value="1"' in text
    assert owner.post(at(flow, "mapping/line"), late | {"edition": "1"}).status_code == 302
    reader = drafted(here, flow).reader
    assert reader is not None and reader.lines[3].source == "order_number"


def test_a_line_is_found_again_when_others_were_moved(
    here: Side, owner: Client, flow: Flow
) -> None:
    owner.post(at(flow, "mapping/lines"), {"do": "up:reader:3", "edition": "0"})
    answer = owner.post(at(flow, "mapping/line"), number_line(source="id", edition="1"))
    assert answer["Location"].endswith("focus=reader-2")
    reader = drafted(here, flow).reader
    assert reader is not None
    assert [line.target for line in reader.lines[2:4]] == ["number", "updated_at"]
    assert reader.lines[2].source == "id"


def test_lines_are_moved_added_and_taken_away(here: Side, owner: Client, flow: Flow) -> None:
    lines = at(flow, "mapping/lines")
    assert owner.post(lines, {"do": "down:writer:0", "edition": "0"}).status_code == 302
    stale = owner.post(lines, {"do": "down:writer:0", "edition": "0"}, follow=True)
    assert "The draft was changed meanwhile" in text_of(stale)
    for wrong in ("", "up:nothing:0", "up:reader:x", "sideways:reader:0", "up:reader:9999"):
        assert owner.post(lines, {"do": wrong}).status_code in (302, 400)
    new = number_line(at="+", was="", target="reference", source="note", edition="1")
    assert owner.post(at(flow, "mapping/line"), new).status_code == 302
    gone = number_line(do="delete", edition="2")
    assert owner.post(at(flow, "mapping/line"), gone).status_code == 302
    found = drafted(here, flow)
    assert found.reader is not None and found.writer is not None
    targets = [line.target for line in found.reader.lines]
    assert "number" not in targets and targets[-1] == "reference"
    assert "No line gives it" in text_of(owner.get(at(flow, "mapping/list")))
    owner.post(lines, {"do": "own:reader", "edition": "3"})
    assert drafted(here, flow).reader is None


def test_lines_inside_a_list_are_tried_on_its_first_element(owner: Client, flow: Flow) -> None:
    index = [line.target for line in flow.stream_spec.reader.lines].index("lines")
    text = text_of(owner.get(at(flow, "mapping/line", side="reader", at=f"{index}.%2B")))
    assert "for each element of its list" in text
    assert '<option value="sku">' in text
    assert '<option value="quantity"></option>' in text


@pytest.mark.parametrize("place", ["x", "9999", "0.0.0", "-1", "²", "1.", ""])
def test_a_place_that_is_none_leads_back(owner: Client, flow: Flow, place: str) -> None:
    answer = owner.get(at(flow, "mapping/line", side="reader", at=place))
    assert answer.status_code in (200, 302)


def test_it_bears_three_hundred_lines(
    here: Side, owner: Client, flow: Flow, django_assert_max_num_queries: Any
) -> None:
    more = tuple(Line(f"custom.field_{n}", "number", (Fit(9),)) for n in range(300))
    draft(here, flow, Logic(writer=Mapping((*flow.action_spec.writer.lines, *more))))
    with django_assert_max_num_queries(30):
        answer = owner.get(at(flow, "mapping/list"))
    assert answer.content.count(b'class="line ') > 350
    assert len(gzip.compress(answer.content)) < 100_000


def test_a_flow_of_stock_has_no_mapping(here: Side, owner: Client) -> None:
    assert owner.get(at(here.shop.flow("Inventory Sync"), "mapping")).status_code == 404


# --- Versions -----------------------------------------------------------------------------------


def test_it_says_what_changes_before_it_is_published(here: Side, owner: Client, flow: Flow) -> None:
    draft(here, flow, Logic(rules=(LARGE,)))
    text = text_of(owner.get(at(flow, "publish")))
    assert "1 change to what the flow does now" in text and "Look at it" in text
    assert "Large" in text_of(owner.get(at(flow, "discard")))
    stale = owner.post(at(flow, "publish"), {"edition": "9"}, follow=True)
    assert "Somebody else has saved" in text_of(stale)
    owner.post(at(flow, "publish"), {"edition": "1", "note": "As agreed."})
    text = text_of(owner.get(at(flow, "versions")))
    assert "As agreed." in text and "Published" in text
    assert "It goes by version 1" in text


def test_it_goes_back(here: Side, owner: Client, flow: Flow) -> None:
    for rules in ((LARGE,), ()):
        draft(here, flow, Logic(rules=rules))
        with tenant_scope(here.company.tenant):
            publish(flow)
    text = text_of(owner.get(at(flow, "versions/back", to="1")))
    assert "Go back to version 1" in text and "Added" in text
    assert 'name="seen" value="2"' in text
    for _ in range(2):  # a double click
        text = text_of(owner.post(at(flow, "versions/back"), {"to": "1", "seen": "2"}, follow=True))
    assert "Another version was published since you looked" in text
    assert "It goes by version 3" in text_of(owner.get(at(flow, "versions")))
    assert owner.get(at(flow, "versions/back", to="77")).status_code == 404
    owner.post(at(flow, "versions/back"), {"to": "0"})
    assert "own mapping, without rules" in text_of(owner.get(at(flow, "versions")))


def test_a_draft_is_discarded_only_as_it_was_seen(here: Side, owner: Client, flow: Flow) -> None:
    draft(here, flow, Logic(rules=(LARGE,)))
    owner.post(at(flow, "discard"), {"edition": "7"})
    assert drafted(here, flow).rules
    owner.post(at(flow, "discard"), {"edition": "1"})
    assert not drafted(here, flow).rules


# --- Rules --------------------------------------------------------------------------------------


def own_rule(**more: str) -> dict[str, str]:
    return {
        "name": "Large",
        "is_on": "1",
        "how": "all",
        "when-1-attribute": "total",
        "when-1-operator": "above",
        "when-1-value": "1",
        "then-1": "hold",
        "then-1-reason": "Look at it",
        "edition": "0",
        **more,
    }


def test_a_rule_is_tried_on_what_came_last(here: Side, owner: Client, flow: Flow) -> None:
    text = text_of(owner.post(at(flow, "rules/edit"), own_rule(do="try")))
    assert "It is for 1 of the newest 1 records" in text and "Held: Look at it" in text
    none = own_rule(do="try", **{"when-1-value": "999999"})
    assert "It would do nothing" in text_of(owner.post(at(flow, "rules/edit"), none))
    assert drafted(here, flow) == Logic()


def test_rules_are_made_ordered_switched_and_taken_away(
    here: Side, owner: Client, flow: Flow
) -> None:
    assert owner.post(at(flow, "rules/edit"), own_rule()).status_code == 302
    ready = {"ready": "test_orders", "ready-reason": "A test", "edition": "1"}
    assert owner.post(at(flow, "rules/edit"), ready).status_code == 302
    change = at(flow, "rules/change")
    owner.post(change, {"do": "up:2", "edition": "2"})
    owner.post(change, {"do": "off:2", "edition": "3"})
    rules = drafted(here, flow).rules
    assert [(rule.name, rule.is_on) for rule in rules] == [("Test orders", True), ("Large", False)]
    assert rules[1] == msgspec.structs.replace(LARGE, is_on=False)
    changed = own_rule(was="Large", edition="4", **{"then-1-reason": "Look twice"})
    owner.post(at(flow, "rules/edit"), changed)
    owner.post(change, {"do": "remove:1", "edition": "5"})
    [rule] = drafted(here, flow).rules
    assert rule.then == (Hold("Look twice"),) and rule.is_on
    stale = {"do": "remove:2", "edition": "2"}
    assert "was taken away meanwhile" in text_of(owner.post(change, stale, follow=True))
    for wrong in ("", "up:0", "up:x", "spin:1"):
        assert owner.post(change, {"do": wrong}).status_code == 400


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"name": ""}, "is empty"),
        ({"when-1-attribute": "totl"}, "totl"),
        ({"when-1-attribute": "lines[["}, "cannot be read"),
        ({"when-1-value": ""}, "needs a value"),
        ({"when-1-operator": "is", "when-1-value": "abc"}, "and «abc» is none"),
        ({"when-1-operator": "is_the_best"}, "is_the_best"),
        ({"how": "cel", "cel": "record.total >"}, "cannot be read"),
        ({"how": "data", "data": "{"}, "in place of"),
        ({"then-1-reason": ""}, "is empty"),
        ({"then-1": ""}, "is shorter than 1"),
        ({"then-1": "route", "then-1-flow": "No such flow"}, "No such flow"),
    ],
)
def test_it_says_what_is_wrong_with_a_rule(
    here: Side, owner: Client, flow: Flow, wrong: dict[str, str], said: str
) -> None:
    answer = owner.post(at(flow, "rules/edit"), own_rule(**wrong))
    assert answer.status_code == 200 and 'role="alert"' in text_of(answer)
    assert drafted(here, flow) == Logic()
    assert said in text_of(answer) or "lacks" in text_of(answer) or "is empty" in text_of(answer)


def test_two_people_lose_no_rule(here: Side, owner: Client, flow: Flow) -> None:
    draft(here, flow, Logic(rules=(LARGE,)))
    answer = owner.post(at(flow, "rules/edit"), own_rule(name="Huge"))
    assert answer.status_code == 200 and 'value="Huge"' in text_of(answer)
    assert "has changed the draft since you began" in text_of(answer)
    assert [rule.name for rule in drafted(here, flow).rules] == ["Large"]
    assert owner.post(at(flow, "rules/edit"), own_rule(name="Huge", edition="1"))
    assert [rule.name for rule in drafted(here, flow).rules] == ["Large", "Huge"]


# --- As code ------------------------------------------------------------------------------------


def test_it_goes_out_as_code_and_comes_back_the_same(here: Side, owner: Client, flow: Flow) -> None:
    logic = Logic(reader=flow.stream_spec.reader, rules=(LARGE,), writer=flow.action_spec.writer)
    draft(here, flow, logic)
    answer = owner.get(at(flow, "code/yaml", draft="1"))
    assert answer["Content-Disposition"] == 'attachment; filename="Orders.yaml"'
    code = answer.content.decode()
    owner.post(at(flow, "discard"), {"edition": "1"})
    plan = text_of(owner.post(at(flow, "code/import"), {"text": code, "do": "plan"}))
    assert "Large" in plan and "Take it as the draft" in plan
    assert drafted(here, flow) == Logic()
    owner.post(at(flow, "code/import"), {"text": code, "do": "apply", "edition": "0"})
    assert drafted(here, flow) == logic


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("", "Choose a file"),
        ("label: [", "Line"),
        ("label: x\nsource: {connector: shopify, stream: orders}\n", "«target»"),
        ("a: &a 1", "Anchors"),
    ],
)
def test_it_says_what_is_wrong_with_code(
    here: Side, owner: Client, flow: Flow, code: str, said: str
) -> None:
    answer = owner.post(at(flow, "code/import"), {"text": code, "do": "apply"})
    assert 'role="alert"' in text_of(answer) and said in text_of(answer)
    assert drafted(here, flow) == Logic()


def test_code_of_another_flow_is_refused(here: Side, owner: Client, flow: Flow) -> None:
    code = owner.get(at(here.shop.flow("Customers"), "code/yaml")).content.decode()
    answer = owner.post(at(flow, "code/import"), {"text": code, "do": "apply"})
    assert answer.status_code == 200 and "It is of another flow" in text_of(answer)
    assert drafted(here, flow) == Logic()
