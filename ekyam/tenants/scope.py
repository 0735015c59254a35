"""The first lock, and the key of the second: whose rows the queries of this transaction may see.

Each scope is a transaction on `default`, because its settings are local to one: a session-level
setting would leak into the next request that gets the same pooled connection.
"""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple

from django.db import connection, transaction

from ekyam.roles import SYSTEM_ROLE
from ekyam.tenants.models import Tenant, User


class _Scope(NamedTuple):
    tenant: str = ""
    user: str = ""
    role: str = "none"


_NO_SCOPE = _Scope()
_current: ContextVar[_Scope] = ContextVar("ekyam_scope", default=_NO_SCOPE)

_ENTER = """SELECT set_config('ekyam.tenant', %s, true), set_config('ekyam.user', %s, true),
                   set_config('role', %s, true)"""


def _tell_database(scope: _Scope) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_ENTER, scope)


@contextmanager
def _entered(scope: _Scope) -> Iterator[None]:
    """Enter a scope whole: nothing of the outer one shines through. Give it back on the way out.

    After an exception the rollback, even of a savepoint, restores the settings by itself.
    """
    is_nested = connection.in_atomic_block
    with transaction.atomic():
        _tell_database(scope)
        token = _current.set(scope)
        try:
            yield
        finally:
            _current.reset(token)
        if is_nested and not connection.needs_rollback:
            _tell_database(_current.get())


@contextmanager
def tenant_scope(tenant: Tenant | uuid.UUID) -> Iterator[None]:
    """See and write the rows of one tenant, in one transaction."""
    id_ = tenant.pk if isinstance(tenant, Tenant) else uuid.UUID(str(tenant))
    with _entered(_Scope(tenant=str(id_))):
        yield


@contextmanager
def user_scope(user: User | uuid.UUID) -> Iterator[None]:
    """See the memberships of one person, before a tenant is chosen."""
    id_ = user.pk if isinstance(user, User) else uuid.UUID(str(user))
    with _entered(_Scope(user=str(id_))):
        yield


@contextmanager
def across_tenants(reason: str) -> Iterator[None]:
    """See and write the rows of all tenants: for workers, and each use says why it must."""
    if not reason:
        raise ValueError("Say why this must see the rows of every tenant.")
    with _entered(_Scope(role=SYSTEM_ROLE)):
        yield


def current_tenant_id() -> uuid.UUID | None:
    """Return the tenant whose scope this is, if it is one."""
    tenant = _current.get().tenant
    return uuid.UUID(tenant) if tenant else None
