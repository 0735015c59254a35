"""What a system answered is counted by the hour, and a silence becomes a state for a while."""

from datetime import UTC, datetime, timedelta

import pytest

from connectors.health import LONG, Heard, hear, hours_of, sums_of
from connectors.models import Connection, ConnectionHour
from ekyam.tenants.scope import tenant_scope
from tests.world import World

NOON = datetime(2026, 5, 4, 12, 20, tzinfo=UTC)
SILENT = Heard(failed=1, silent=1, reason="No answer within 30 seconds.")
pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(world: World) -> Connection:
    with tenant_scope(world.here.tenant):
        return Connection.objects.create(
            tenant=world.here.tenant, connector="shopify", label="Shop", environment="live",
            auth="oauth", account="a",
        )  # fmt: skip


def tell(shop: Connection, *some: tuple[float, Heard]) -> list[str]:
    """Each after so many seconds from noon; what it turned into."""
    with tenant_scope(shop.tenant_id):
        return [hear(shop, one, now=NOON + timedelta(seconds=at)) for at, one in some]


def state_of(shop: Connection) -> str:
    with tenant_scope(shop.tenant_id):
        return str(Connection.objects.get(pk=shop.pk).state)


def test_it_counts_by_the_hour(shop: Connection) -> None:
    tell(shop, (0, Heard(good=3, good_ms=600.0)), (5, Heard(failed=1)), (9, Heard(throttled=2)))
    tell(shop, (-3600, Heard(good=1, good_ms=50.0)), (0, Heard()))
    with tenant_scope(shop.tenant_id):
        hours = hours_of(shop, now=NOON)
        (sums,) = sums_of(now=NOON).values()
        assert ConnectionHour.objects.count() == 2
    assert len(hours) == 24 and hours == sums and hours[-1].hour == NOON.replace(minute=0)
    last, before = hours[-1], hours[-2]
    assert (last.good, last.failed, last.throttled, last.mean_ms) == (3, 1, 2, 200.0)
    assert (before.good, before.failed) == (1, 0) and hours[0].mean_ms is None


def test_it_fails_after_a_row_of_silences_and_recovers_by_one_answer(shop: Connection) -> None:
    long = LONG.total_seconds()
    assert tell(shop, (0, SILENT), (1, SILENT), (2, SILENT)) == ["", "", ""]
    assert tell(shop, (long + 1, SILENT), (long + 2, SILENT)) == ["failing", ""]
    assert state_of(shop) == "failing" and shop.state_reason.startswith("No answer")
    assert tell(shop, (long + 3, Heard(good=1)), (long + 4, Heard(good=1))) == ["well", ""]
    assert state_of(shop) == "active"


@pytest.mark.parametrize(
    "between",
    [Heard(good=1), Heard(good=1, failed=1, silent=1)],
    ids=["an answer", "an answer to one of two"],
)
def test_an_answer_in_between_begins_the_row_anew(shop: Connection, between: Heard) -> None:
    with tenant_scope(shop.tenant_id):
        other_process = Connection.objects.get(pk=shop.pk)
    tell(shop, (0, SILENT), (1, SILENT))
    tell(other_process, (5, between))
    assert tell(shop, (30, SILENT), (31, SILENT)) == ["", ""]
    assert state_of(shop) == "active"


def test_what_was_said_long_ago_is_forgotten(shop: Connection) -> None:
    far = [(at * 1000.0, SILENT) for at in range(4)]
    assert tell(shop, *far) == [""] * 4


def test_a_refusal_is_no_silence_and_a_pause_stays(shop: Connection) -> None:
    assert tell(shop, *((at * 20.0, Heard(failed=1)) for at in range(5))) == [""] * 5
    tell(shop, (200, SILENT), (220, SILENT), (240, SILENT))
    assert state_of(shop) == "failing"
    with tenant_scope(shop.tenant_id):
        Connection.objects.update(state="paused")
    tell(shop, (250, Heard(good=1)))
    assert state_of(shop) == "paused"
