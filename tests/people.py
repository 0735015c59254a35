"""Companies of people, for the tests of who may change what of whom."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from django.db import connections

from ekyam.tenants.models import Membership, Tenant, User
from ekyam.tenants.scope import tenant_scope


def membership(tenant: Tenant, user: User) -> Membership:
    with tenant_scope(tenant):
        return Membership.objects.select_related("user").get(user=user)


def roles_in(tenant: Tenant) -> list[str]:
    with tenant_scope(tenant):
        return sorted(Membership.objects.values_list("role", flat=True))


def at_once(*deeds: Callable[[], object]) -> list[Exception | None]:
    """Do them in threads that begin together, each with connections of its own."""
    barrier = threading.Barrier(len(deeds))

    def run(deed: Callable[[], object]) -> Exception | None:
        barrier.wait(timeout=10)
        try:
            deed()
        except Exception as error:
            return error
        finally:
            connections.close_all()
        return None

    with ThreadPoolExecutor(len(deeds)) as threads:
        return list(threads.map(run, deeds))
