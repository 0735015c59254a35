"""A token that a vendor takes back early costs one refusal, whoever meets it first."""

from datetime import UTC, datetime

import pytest
from django.test import Client

from connectors.checks import check_connection, keep_report
from connectors.credentials import open_credentials, seal_credentials
from connectors.models import Connection
from ekyam.tenants.scope import tenant_scope
from flows.models import Attempt, Flow
from tests.flows.stock.house import House

SKUS = ("EKM-MUG", "EKM-CAP", "EKM-TOTE", "EKM-SOCK")


def shop_now(house: House) -> Connection:
    with tenant_scope(house.tenant):
        return Connection.objects.get(pk=house.shop.pk)


def check(house: House) -> bool:
    """Press «Check now»."""
    row = shop_now(house)
    parts = check_connection(row)
    with tenant_scope(house.tenant):
        keep_report(row, parts)
    return all(part["ok"] for part in parts)


@pytest.fixture
def old(house: House, flow: Flow) -> House:
    """The shop's token is in use for long."""
    row = shop_now(house)
    issued = datetime(2026, 1, 1, tzinfo=UTC).isoformat()
    with tenant_scope(house.tenant):
        seal_credentials(row, {**open_credentials(row), "issued_at": issued})
        row.save(update_fields=["sealed"])
    return house


def test_the_same_turn_goes_on_with_a_new_one(old: House, client: Client) -> None:
    old.tell("shopify", "break", kind="token_expired", times=1)
    for sku in SKUS:
        old.tell("whiplash", "count", sku=sku, counted=480)
        old.whiplash_says(client, "item.inventory_adjusted", sku)
    old.work()
    assert old.held(*SKUS) == dict.fromkeys(SKUS, 480)
    with tenant_scope(old.tenant):
        refused = Attempt.objects.filter(outcome="unauthorized").count()
    assert 1 <= refused <= len(SKUS)
    assert shop_now(old).state == "active"


def test_a_check_passes_as_soon_as_it_can(old: House) -> None:
    old.tell("shopify", "break", kind="token_expired", times=1)
    assert check(old)
    old.tell("shopify", "break", kind="token_expired", times=-1)
    assert not check(old) and not check(old)
    assert shop_now(old).state == "needs_reauthorization"
    old.tell("shopify", "mend")
    assert check(old)
    assert shop_now(old).state == "active"
