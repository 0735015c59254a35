"""A request with an Idempotency-Key has one effect, however often and by how many it is sent."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, connections
from django.utils import timezone

from ekyam.tenants.scope import across_tenants, tenant_scope
from flows.models import WebhookEndpoint
from portal.api.idempotency import forget_old_answers
from portal.api.models import KeptAnswer
from tests.api.conftest import Program, new_key, told
from tests.conftest import connect_as_owner
from tests.portal.conftest import Side, furnish
from tests.world import build_world

ENDPOINT = {"url": "https://hooks.example.com/ekyam", "events": ["order.shipped"]}


def test_it_answers_a_repeat_as_the_first_time(program: Program, here: Side) -> None:
    first = program.post("webhook-endpoints", ENDPOINT, idempotency_key="made once")
    again = program.post("webhook-endpoints", ENDPOINT, idempotency_key="made once")
    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    assert "Idempotency-Replayed" not in first
    assert again["Idempotency-Replayed"] == "true"
    with tenant_scope(here.company.tenant):
        assert WebhookEndpoint.objects.count() == 1
        kept = KeptAnswer.objects.get()
        assert first.json()["secret"].encode() not in bytes(kept.body)


def test_it_repeats_an_answer_without_content(program: Program, here: Side) -> None:
    id = program.post("webhook-endpoints", ENDPOINT).json()["id"]
    address = f"webhook-endpoints/{id}"
    for replayed in (None, "true"):
        answer = program.call("DELETE", address, idempotency_key="gone")
        assert (answer.status_code, answer.content) == (204, b"")
        assert answer.get("Idempotency-Replayed") == replayed


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "webhook-endpoints", {**ENDPOINT, "label": "Another"}),
        ("POST", "deliveries/retry", {"filter": {"state": "dead"}}),
    ],
)
def test_it_refuses_a_key_for_another_request(
    program: Program, method: str, path: str, body: Any
) -> None:
    program.post("webhook-endpoints", ENDPOINT, idempotency_key="one")
    answer = program.call(method, path, body, idempotency_key="one")
    told(answer, 422, "idempotency_key_reused")


def test_it_keeps_no_answer_that_had_no_effect(program: Program, here: Side) -> None:
    wrong = {**ENDPOINT, "url": "https://localhost/"}
    told(program.post("webhook-endpoints", wrong, idempotency_key="k"), 422, "refused")
    assert program.post("webhook-endpoints", ENDPOINT, idempotency_key="k").status_code == 201


def test_it_keeps_answers_for_each_caller(here: Side, there: Side) -> None:
    callers = [Program(new_key(side)) for side in (here, here, there)]
    found = [one.post("webhook-endpoints", ENDPOINT, idempotency_key="the same") for one in callers]
    assert len({one.json()["id"] for one in found}) == 3


@pytest.mark.parametrize("key", ["", "x" * 256, "caf\u00e9"])
def test_it_refuses_a_key_that_is_none(program: Program, key: str) -> None:
    answer = program.post("webhook-endpoints", ENDPOINT, idempotency_key=key)
    assert told(answer, 400, "invalid_parameter")["errors"][0]["at"] == "Idempotency-Key"


def test_it_forgets_after_seven_days(program: Program, here: Side) -> None:
    first = program.post("webhook-endpoints", ENDPOINT, idempotency_key="old").json()
    with tenant_scope(here.company.tenant):
        old = timezone.now() - timedelta(days=7, seconds=1)
        KeptAnswer.objects.update(created_at=old)
    second = program.post("webhook-endpoints", ENDPOINT, idempotency_key="old").json()
    assert first["id"] != second["id"]
    assert forget_old_answers() == 0
    with tenant_scope(here.company.tenant):
        KeptAnswer.objects.update(created_at=old)
    assert forget_old_answers() == 1
    with across_tenants("see that nothing is left"):
        assert not KeptAnswer.objects.exists()


@pytest.fixture
def alone(transactional_db: None) -> Side:
    return furnish(build_world().here)


def test_it_turns_a_twin_away_while_the_first_is_under_way(alone: Side) -> None:
    """The first waits at the door of the database, for the lock of its row."""
    key = new_key(alone)
    address = f"deliveries/{alone.dead.public_id}/retry"

    def send(answers: list[Any]) -> None:
        answers.append(Program(key).post(address, idempotency_key="twins"))
        connections.close_all()

    first: list[Any] = []
    with tenant_scope(alone.company.tenant), connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM flows_delivery WHERE id = %s FOR UPDATE", [alone.dead.pk])
        thread = threading.Thread(target=send, args=(first,))
        thread.start()
        wait_for_a_lock()
        twin: list[Any] = []
        with ThreadPoolExecutor(1) as threads:
            threads.submit(send, twin).result(timeout=10)
        told(twin[0], 409, "in_flight")
        assert twin[0]["Retry-After"] == "1"
    thread.join(timeout=10)
    assert first[0].status_code == 200, first[0].content
    again = Program(key).post(address, idempotency_key="twins")
    assert again["Idempotency-Replayed"] == "true"
    assert again.json() == first[0].json()


def wait_for_a_lock() -> None:
    """Until somebody waits for a row that we hold."""
    asked = "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'"
    with connect_as_owner(autocommit=True) as owner:
        for _ in range(10_000):
            found = owner.execute(asked).fetchone()
            if found and found[0]:
                return
    raise AssertionError("nobody waits")


def test_it_has_one_effect_of_many_twins(alone: Side) -> None:
    key = new_key(alone)

    def send(_: int) -> int:
        answer = Program(key).post("webhook-endpoints", ENDPOINT, idempotency_key="many")
        connections.close_all()
        return int(answer.status_code)

    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(send, range(24)))
    assert set(found) <= {201, 409}
    assert 201 in found
    with tenant_scope(alone.company.tenant):
        assert WebhookEndpoint.objects.count() == 1
