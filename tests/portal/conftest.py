"""Two companies with the same order numbers, and people signed in to them."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from ekyam.tenants.models import User
from ekyam.tenants.scope import tenant_scope
from flows.models import Delivery, Record
from tests.portal import build
from tests.world import Company, World


@dataclass(frozen=True)
class Side:
    """One company with its rows."""

    company: Company
    shop: build.Shop
    shipped: Record
    dead: Delivery
    parked: Delivery
    retrying: Delivery


def furnish(company: Company) -> Side:
    with tenant_scope(company.tenant):
        shop = build.Shop(company.tenant).open()
        return Side(
            company=company,
            shop=shop,
            shipped=build.shipped(shop, "1001", ago=timedelta(hours=3)),
            dead=build.refused(shop, "1002"),
            parked=build.waiting(shop, "1003"),
            retrying=build.retried(shop, "1004"),
        )


@pytest.fixture(autouse=True)
def sandboxes_that_are_away(settings: Any) -> None:
    """The sandbox's pages are there where its address is known; who needs one starts it."""
    settings.SANDBOX_URL = settings.SANDBOX_URL or "http://127.0.0.1:9"


@pytest.fixture
def here(world: World) -> Side:
    return furnish(world.here)


@pytest.fixture
def there(world: World) -> Side:
    return furnish(world.there)


def sign_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def owner(here: Side) -> Client:
    return sign_in(here.company.owner)


@pytest.fixture
def viewer(here: Side) -> Client:
    return sign_in(here.company.viewer)
