"""Two tenants that look alike, with an owner and a viewer in each."""

from dataclasses import dataclass

from ekyam.people.accounts import mark_verified
from ekyam.tenants.models import Membership, Role, Tenant, User
from ekyam.tenants.scope import tenant_scope

PASSWORD = "not a secret, only for tests"


@dataclass(frozen=True)
class Company:
    tenant: Tenant
    owner: User
    viewer: User


@dataclass(frozen=True)
class World:
    """`here` is where the test acts; `there` is the outsider who must see nothing of it."""

    here: Company
    there: Company


def build_world() -> World:
    return World(
        here=build_company("Juniper Home", "juniper", "Asia/Kolkata"),
        there=build_company("Marigold Outdoor", "marigold", "America/New_York"),
    )


def build_company(name: str, slug: str, time_zone: str) -> Company:
    tenant = Tenant.objects.create(name=name, slug=slug, time_zone=time_zone)
    return Company(
        tenant=tenant,
        owner=add_member(tenant, Role.OWNER),
        viewer=add_member(tenant, Role.VIEWER),
    )


def add_member(tenant: Tenant, role: Role, name: str = "") -> User:
    user = User.objects.create_user(f"{name or role.value}@{tenant.slug}.example", PASSWORD)
    mark_verified(user)
    with tenant_scope(tenant):
        Membership.objects.create(tenant=tenant, user=user, role=role)
    return user
