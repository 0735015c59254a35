"""A worker that dies, or a database that does not answer, in the middle of a delivery."""

from uuid import uuid4

from django.db import OperationalError
from django.test import Client
from django.utils import timezone

from connectors.channel import open_channel
from connectors.spec import Context
from connectors.standard.order import Order
from ekyam.tenants.scope import tenant_scope
from flows.models import Delivery
from flows.operations.claim import recover_lost
from flows.operations.route import route_events
from flows.operations.send import Before, Letter, try_once
from flows.retry import decide, reason_of
from flows.states import State
from tests.depots import Depots


class Unlucky(Order, frozen=True, kw_only=True):
    def check(self) -> None:
        raise OperationalError("couldn't get a connection after 5.00 sec")


def test_it_tries_again_when_our_own_database_does_not_answer(depots: Depots) -> None:
    standard = Unlucky(id="1", number="D-1", currency="USD", lines=(), total=0)  # type: ignore[arg-type]
    action = depots.there.spec.action("put_ticket")
    letter = Letter(action, standard, Context(), Before(), lambda missing, found: None)
    with tenant_scope(depots.tenant):
        channel = open_channel(depots.there)
    failure = try_once(letter, channel).failure
    assert failure is not None
    decision = decide(failure, attempts_made=0, wrote=False, schedule=[5], jitter=0.5)
    assert (decision.state, decision.delay_seconds) == (State.RETRYING, 5)
    assert getattr(failure, "blame", "") == "ekyam"


def test_it_sends_nothing_when_what_is_in_doubt_is_what_was_written_before(
    depots: Depots, client: Client
) -> None:
    depots.post(client, depots.ticket())
    depots.work()
    depots.post(client, depots.ticket(changed="2026-01-05T11:00:00Z"))
    route_events(tenant_id=depots.tenant.pk, connection_id=depots.here.pk)
    with tenant_scope(depots.tenant):
        Delivery.objects.filter(state=State.PENDING).update(
            state=State.SENDING, lease_token=uuid4()
        )
        recover_lost(target_id=depots.there.pk, token=uuid4(), now=timezone.now())
    assert depots.states() == ["succeeded", "in_doubt"]
    depots.make_due()
    depots.work()
    assert depots.states() == ["succeeded", "unchanged"]
    assert len(depots.there_now("history")) == 1


def test_it_says_whose_fault_it_is_before_what_a_programmer_reads() -> None:
    said = reason_of(KeyError("sku"))
    assert said == "Ekyam failed at it by a fault of its own, KeyError: 'sku'"
    assert len(reason_of(ValueError("9" * 9000))) == 500
