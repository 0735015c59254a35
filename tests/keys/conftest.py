"""Two companies that look alike, with keys and applications made as the pages make them."""

import ipaddress
import uuid
from collections.abc import Iterable
from dataclasses import dataclass

import pytest

from ekyam.audit.models import AuditEntry
from ekyam.keys.models import ApiKey, ApplicationSecret
from ekyam.keys.operations import Made, make_application, make_key
from ekyam.tenants.models import Tenant, User
from ekyam.tenants.rights import Right, rights_of
from ekyam.tenants.scope import tenant_scope
from tests.world import World

BACK = "https://till.example/signed-in"


@dataclass
class Desk:
    """The desk of one person in one company, from which keys are made."""

    tenant: Tenant
    person: User
    role: str = "owner"

    def key(
        self, name: str = "Warehouse script", rights: Iterable[str] = ("look",), days: int = 365
    ) -> Made[ApiKey]:
        with tenant_scope(self.tenant):
            return make_key(
                tenant=self.tenant,
                maker=self.person,
                may=rights_of(self.role),
                name=name,
                rights=rights,
                days=days,
            )

    def application(
        self,
        name: str = "Till",
        rights: Iterable[Right] = (Right.LOOK, Right.OPERATE),
        redirects: Iterable[str] = (BACK,),
        asks: bool = True,
    ) -> Made[ApplicationSecret]:
        with tenant_scope(self.tenant):
            return make_application(
                tenant=self.tenant,
                maker=self.person,
                may=rights_of(self.role),
                name=name,
                rights=rights,
                redirects=list(redirects),
                asks=asks,
            )

    def entries(self, action: str) -> list[AuditEntry]:
        with tenant_scope(self.tenant):
            return list(AuditEntry.objects.filter(action=action).order_by("number"))


@pytest.fixture
def desk(world: World) -> Desk:
    return Desk(world.here.tenant, world.here.owner)


@pytest.fixture
def other(world: World) -> Desk:
    return Desk(world.there.tenant, world.there.owner)


@pytest.fixture
def address() -> str:
    """One that no other test knocks from: refusals are counted in Valkey, which all tests share."""
    return new_address()


def new_address() -> str:
    """A network of its own, of IPv6, as one customer has it."""
    return str(ipaddress.IPv6Address((uuid.uuid4().int >> 64 << 64) + 1))


@pytest.fixture
def till(desk: Desk) -> Made[ApplicationSecret]:
    """May look and operate by itself; people are asked before they sign in to it."""
    return desk.application()
