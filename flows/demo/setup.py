"""Makes the demo tenant: its people, its connections to the sandboxes, its flows On."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connectors.checks import check_connection, keep_report, register_webhooks
from connectors.models import Connection
from connectors.operations import connect
from connectors.registry import get_connector
from ekyam.people.accounts import mark_verified
from ekyam.people.operations import add_factor, begin_phone
from ekyam.people.ways import list_factors
from ekyam.tenants.models import Membership, Role, Tenant, User
from ekyam.tenants.scope import tenant_scope
from flows.demo.remote import ACCOUNTS, ERP, SHOP, WAREHOUSE, Remote, Remotes
from flows.models import Flow
from flows.operations.configure import apply_recipe, switch_on
from flows.recipes import all_recipes

EMAIL = "owner@acme.example"
# Somebody who may do less, to see what that looks like; by the same password, and by a code that
# is texted to the inbox page.
OPERATOR, NUMBER = "operator@acme.example", "+12025550143"
# The owner of a company where nothing is set up yet, to do it oneself.
NEWCOMER = "owner@birch.example"
# Ekyam's own staff, who may visit the company; the admin opens to a second factor only.
STAFF = "staff@ekyam.example"
# The systems that tell nothing by themselves are asked often; a vendor's own default is minutes.
Pace = Mapping[str, Mapping[str, Any]]
PACE: Pace = {
    SHOP: {"poll_seconds": 30},
    ERP: {"poll_seconds": 2},
    WAREHOUSE: {"poll_seconds": 5, "per_second": 0},
}


@dataclass(frozen=True)
class Demo:
    tenant: Tenant
    connections: dict[str, Connection]
    remotes: Remotes


def set_up(*, slug: str = "acme", password: str, pace: Pace = PACE) -> Demo:
    """Everything that is missing; what is there from an earlier start is brought up to date.

    `pace` adds to each connection's settings, by connector.
    """
    tenant, _ = Tenant.objects.get_or_create(
        slug=slug, defaults={"name": "Acme Retail", "time_zone": "America/New_York"}
    )
    _add_member(tenant, EMAIL, "Acme's owner", Role.OWNER, password)
    _add_staff(password)
    _add_empty_company(password)
    operator = _add_member(tenant, OPERATOR, "Acme's operator", Role.OPERATOR, password)
    if not list_factors(operator):
        add_factor(begin_phone(operator, NUMBER), address="")
    connections = {name: _connect(tenant, name, pace[name]) for name in (SHOP, ERP, WAREHOUSE)}
    remotes = Remotes(*(Remote(name, row.account) for name, row in connections.items()))
    remotes.warehouse.do(
        "set", rate_limit=0
    )  # a demonstration is in more of a hurry than a warehouse
    for connection in connections.values():
        register_webhooks(connection)
        parts = check_connection(connection)
        with tenant_scope(tenant):
            keep_report(connection, parts)
    recipe = all_recipes()["shopify_netsuite_whiplash"]
    with tenant_scope(tenant):
        for flow in apply_recipe(recipe, connections):
            switch_on(Flow.objects.select_related("source", "target").get(pk=flow.pk))
    return Demo(tenant, connections, remotes)


def _add_staff(password: str) -> None:
    user = _add_person(STAFF, "Ekyam's staff", password)
    user.is_staff = user.is_superuser = True
    user.save(update_fields=["is_staff", "is_superuser"])


def _add_empty_company(password: str) -> None:
    name = {"name": "Birch Goods", "time_zone": "America/New_York"}
    tenant, _ = Tenant.objects.get_or_create(slug="birch", defaults=name)
    _add_member(tenant, NEWCOMER, "Birch's owner", Role.OWNER, password)


def _add_member(tenant: Tenant, email: str, name: str, role: Role, password: str) -> User:
    user = _add_person(email, name, password)
    with tenant_scope(tenant):
        Membership.objects.get_or_create(tenant=tenant, user=user, defaults={"role": role})
    return user


def _add_person(email: str, name: str, password: str) -> User:
    user = User.objects.filter(email=email).first()
    if user is None:
        user = User.objects.create_user(email, password, name=name)
    else:
        user.set_password(password)
        user.save(update_fields=["password"])
    mark_verified(user)
    return user


def _connect(tenant: Tenant, slug: str, pace: Mapping[str, Any]) -> Connection:
    """With what the simulated account itself says that one needs."""
    connector = get_connector(slug)
    needed = Remote(slug, _account(slug)).look("connection")
    with tenant_scope(tenant):
        known = Connection.objects.filter(connector=slug).first()
        if known is not None:
            return known
        return connect(
            tenant_id=tenant.pk,
            connector=slug,
            label=f"{connector.label} sandbox",
            environment="sandbox",
            auth=needed["auth"],
            settings={**needed["settings"], **pace},
            credentials=needed["credentials"],
        )


def _account(slug: str) -> str:
    named = {SHOP: "shop", ERP: "account_id", WAREHOUSE: "account"}
    return get_connector(slug).account({named[slug]: ACCOUNTS[slug]})
