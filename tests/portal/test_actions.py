"""What people do: replay, edit, cancel, switch, pause, check."""

import json

import pytest
from django.test import Client, override_settings

from connectors.models import Connection
from connectors.operations import change_credentials
from ekyam.tenants.models import Role
from ekyam.tenants.scope import tenant_scope
from flows.models import BulkAct, Delivery, Flow
from flows.operations.mend.work import work_at
from flows.queries.dead_letters import list_dead_groups
from tests.portal import build
from tests.portal.conftest import Side, sign_in
from tests.sandboxes import sandbox_server
from tests.world import add_member


def fresh(side: Side, delivery: Delivery) -> Delivery:
    with tenant_scope(side.company.tenant):
        return Delivery.objects.get(pk=delivery.pk)


def test_it_replays_a_dead_letter_and_comes_back(owner: Client, here: Side) -> None:
    assert here.dead.record is not None
    back = f"/orders/{here.dead.record.public_id}/"
    answer = owner.post(f"/deliveries/{here.dead.public_id}/replay/", {"back": back})
    assert answer["Location"] == back
    assert fresh(here, here.dead).state == "pending"


def test_it_goes_back_to_no_other_site(owner: Client, here: Side) -> None:
    answer = owner.post(
        f"/deliveries/{here.dead.public_id}/replay/", {"back": "https://elsewhere.example/"}
    )
    assert answer["Location"] == f"/deliveries/{here.dead.public_id}/"


def test_it_cancels_and_says_who_did(owner: Client, here: Side) -> None:
    owner.post(f"/deliveries/{here.parked.public_id}/cancel/")
    row = fresh(here, here.parked)
    assert row.state == "cancelled" and "owner@juniper.example" in row.note


def test_it_says_of_what_is_cancelled_that_it_is(owner: Client, here: Side) -> None:
    address = f"/deliveries/{here.parked.public_id}/cancel/"
    owner.post(address)
    said = [owner.get(address), owner.post(address, follow=True)]
    assert all("It is called off already." in one.content.decode() for one in said)


def test_it_says_in_words_how_what_cannot_be_replayed_is(owner: Client, here: Side) -> None:
    with tenant_scope(here.company.tenant):
        Delivery.objects.filter(pk=here.dead.pk).update(state="in_doubt")
    answer = owner.post(f"/deliveries/{here.dead.public_id}/replay/", follow=True)
    assert "It is «Being checked»: there is nothing to replay." in answer.content.decode()


def test_it_says_why_something_cannot_be_cancelled(owner: Client, here: Side) -> None:
    with tenant_scope(here.company.tenant):
        done = Delivery.objects.filter(state="succeeded")[0]
    answer = owner.post(f"/deliveries/{done.public_id}/cancel/", follow=True)
    assert "cannot be called off" in answer.content.decode()


def test_it_says_how_many_before_it_replays_a_group(owner: Client, here: Side) -> None:
    with tenant_scope(here.company.tenant):
        build.refused(here.shop, "1012")
        key = list_dead_groups()[0].key
    text = owner.get(f"/dead-letters/{key}/mend/?deed=retry").content.decode()
    assert "2 dead letters" in text
    assert fresh(here, here.dead).state == "dead"
    owner.post(f"/dead-letters/{key}/mend/?deed=retry")
    with tenant_scope(here.company.tenant):
        act = BulkAct.objects.get()
    work_at(tenant_id=act.tenant_id, act_id=act.pk)
    with tenant_scope(here.company.tenant):
        assert not Delivery.objects.filter(state="dead").exists()


def test_it_sends_an_edited_record(owner: Client, here: Side) -> None:
    edited = {**here.dead.standard, "note": "Ring twice."}
    address = f"/deliveries/{here.dead.public_id}/edit/"
    assert owner.post(address, {"standard": json.dumps(edited), "do": "keep"}).status_code == 302
    row = fresh(here, here.dead)
    assert row.state == "pending" and row.standard["note"] == "Ring twice."


@pytest.mark.parametrize("text", ["{", "[]", '{"id": 1}', '{"number": "x", "wrong": true}'])
def test_it_keeps_what_was_typed_when_the_record_is_wrong(
    owner: Client, here: Side, text: str
) -> None:
    answer = owner.post(f"/deliveries/{here.dead.public_id}/edit/", {"standard": text})
    assert answer.status_code == 200
    assert 'role="alert"' in answer.content.decode()
    assert fresh(here, here.dead).state == "dead"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"f.lines.0.quantity": "many"}, "«lines 1.quantity» is not a number."),
        ({"f.updated_at": "yesterday"}, "«updated_at» is no time such as 2026-11-01T09:30:00Z."),
        ({"f.number": ""}, "«number» is nothing in place of text."),
    ],
)
def test_it_says_in_words_what_is_wrong_with_an_edit(
    owner: Client, here: Side, typed: dict[str, str], said: str
) -> None:
    answer = owner.post(f"/deliveries/{here.dead.public_id}/edit/", {"as": "form", **typed})
    assert f"The record is not right: {said}" in answer.content.decode()


def test_it_switches_a_flow_off_and_on(owner: Client, here: Side) -> None:
    flow = here.shop.flow("Orders")
    for to in ("off", "on"):
        owner.post(f"/flows/{flow.public_id}/switch/", {"to": to})
        with tenant_scope(here.company.tenant):
            assert Flow.objects.get(pk=flow.pk).is_on == (to == "on")


def test_it_pauses_and_resumes_a_connection(owner: Client, here: Side) -> None:
    row = here.shop.connections["whiplash"]
    for move, state in (("pause", "paused"), ("resume", "active")):
        owner.post(f"/connections/{row.public_id}/{move}/")
        with tenant_scope(here.company.tenant):
            assert Connection.objects.get(pk=row.pk).state == state


def test_it_does_not_resume_what_was_refused(owner: Client, here: Side) -> None:
    row = here.shop.connections["whiplash"]
    with tenant_scope(here.company.tenant):
        Connection.objects.filter(pk=row.pk).update(state="needs_reauthorization")
    assert "/pause/" not in owner.get(f"/connections/{row.public_id}/").content.decode()
    for deed in ("resume", "pause", "resume"):
        owner.post(f"/connections/{row.public_id}/{deed}/")
        with tenant_scope(here.company.tenant):
            assert Connection.objects.get(pk=row.pk).state == "needs_reauthorization"


def test_new_credentials_do_not_open_what_a_person_has_paused(owner: Client, here: Side) -> None:
    row = here.shop.connections["whiplash"]
    for _ in range(2):  # a double click
        text = owner.post(f"/connections/{row.public_id}/pause/", follow=True).content.decode()
        assert "Paused. What is due waits" in text
    with tenant_scope(here.company.tenant):
        change_credentials(row, {"access_token": "only for tests"})
        assert Connection.objects.get(pk=row.pk).state == "paused"


def test_what_a_check_found_is_not_said_of_new_credentials(owner: Client, here: Side) -> None:
    row = here.shop.connections["whiplash"]
    passed = [{"label": "Credentials", "kind": "credentials", "ok": True, "message": "They fit."}]
    with tenant_scope(here.company.tenant):
        Connection.objects.filter(pk=row.pk).update(check_report=passed)
        change_credentials(row, {"access_token": "only for tests"})
    text = owner.get(f"/connections/{row.public_id}/").content.decode()
    assert "They fit." not in text and "Not checked yet" in text


@override_settings(SANDBOX_URL="http://127.0.0.1:9")
def test_it_keeps_what_a_check_found(owner: Client, here: Side) -> None:
    """Nobody listens at port 9, and that is what the report says."""
    row = here.shop.connections["whiplash"]
    answer = owner.post(f"/connections/{row.public_id}/check/", follow=True)
    text = answer.content.decode()
    assert "The check did not pass" in text and "Did not pass" in text
    with tenant_scope(here.company.tenant):
        assert Connection.objects.get(pk=row.pk).checked_at is not None


@override_settings(SANDBOX_URL="http://127.0.0.1:9")
def test_what_a_check_did_not_pass_stands_beside_healthy(owner: Client, here: Side) -> None:
    row = here.shop.connections["whiplash"]
    pages = ("/connections/", f"/connections/{row.public_id}/")
    for page in pages:
        assert "Last check failed" not in owner.get(page).content.decode()
    owner.post(f"/connections/{row.public_id}/check/")
    for page in pages:
        text = owner.get(page).content.decode()
        assert "Healthy" in text and "Last check failed" in text and '#check"' in text
    text = owner.get("/connections/").content.decode()
    assert "2 of 3 systems are well. Whiplash did not pass its last check." in text
    with tenant_scope(here.company.tenant):
        change_credentials(Connection.objects.get(pk=row.pk), {"access_token": "only for tests"})
    assert "Last check failed" not in owner.get("/connections/").content.decode()


@override_settings(SANDBOX_URL="http://127.0.0.1:9")
@pytest.mark.parametrize("state", ["needs_reauthorization", "failing", "active"])
def test_a_check_that_reaches_nobody_opens_nothing(owner: Client, here: Side, state: str) -> None:
    row = here.shop.connections["whiplash"]
    with tenant_scope(here.company.tenant):
        Connection.objects.filter(pk=row.pk).update(state=state)
    owner.post(f"/connections/{row.public_id}/check/")
    with tenant_scope(here.company.tenant):
        assert Connection.objects.get(pk=row.pk).state == state


@pytest.mark.parametrize(
    ("role", "status"),
    [
        (Role.ADMIN, 302),
        (Role.INTEGRATOR, 302),
        (Role.OPERATOR, 302),
        (Role.DEVELOPER, 403),
    ],
)
def test_it_lets_those_act_who_may(here: Side, role: Role, status: int) -> None:
    client = sign_in(add_member(here.company.tenant, role))
    assert client.post(f"/deliveries/{here.dead.public_id}/replay/").status_code == status


def test_it_tells_a_bug_in_a_check_from_a_refusal(owner: Client, here: Side) -> None:
    """Its credentials are not what the connector needs: nothing foresaw that."""
    row = here.shop.connections["netsuite"]
    address = f"/connections/{row.public_id}/check/"
    with sandbox_server() as port, override_settings(SANDBOX_URL=f"http://127.0.0.1:{port}"):
        text = owner.post(address, follow=True).content.decode()
    assert "The check did not pass" in text and "Something unexpected happened" in text
    with tenant_scope(here.company.tenant):
        assert Connection.objects.get(pk=row.pk).state == "active"  # nobody has refused us


def test_it_tells_that_a_connection_cannot_even_be_opened(owner: Client, here: Side) -> None:
    """Its settings do not say where the system is, so there is no certificate to look at either."""
    row = here.shop.connections["netsuite"]
    with tenant_scope(here.company.tenant):
        Connection.objects.filter(pk=row.pk).update(environment="live", settings={})
    assert owner.post(f"/connections/{row.public_id}/check/").status_code == 302
    with tenant_scope(here.company.tenant):
        row.refresh_from_db()
    assert [part["label"] for part in row.check_report] == ["Settings"]
    assert row.certificate["problem"] == "The connection could not be opened."
