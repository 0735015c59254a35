"""A company says how its people sign in."""

from typing import Any
from uuid import UUID

from ekyam.audit.record import record
from ekyam.people.models import SignInPolicy
from ekyam.tenants.scope import current_tenant_id, tenant_scope

FIELDS = ("requires_second_factor", "remembered_days", "idle_minutes", "absolute_hours")


def get_policy() -> SignInPolicy:
    """The current tenant's; the defaults, unsaved, where nobody has said anything."""
    return SignInPolicy.objects.first() or SignInPolicy(tenant_id=_tenant_id())


def is_second_factor_required(tenant_id: UUID) -> bool:
    with tenant_scope(tenant_id):
        return SignInPolicy.objects.filter(requires_second_factor=True).exists()


def change_policy(**said: Any) -> SignInPolicy:
    """Inside the tenant's scope."""
    # Two first changes at once would both insert: the row comes first, and then its lock.
    SignInPolicy.objects.get_or_create(tenant_id=_tenant_id())
    policy = SignInPolicy.objects.select_for_update().get()
    before = {name: getattr(policy, name) for name in FIELDS}
    for name in FIELDS:
        setattr(policy, name, said.get(name, before[name]))
    policy.save()
    after = {name: getattr(policy, name) for name in FIELDS}
    if after != before:
        record("sign_in_policy.changed", subject=policy.public_id, before=before, after=after)
    return policy


def _tenant_id() -> UUID:
    if (id_ := current_tenant_id()) is None:
        raise RuntimeError("A policy is a company's: enter its scope first.")
    return id_
