"""Who changes levels of a SKU and compares them is alone with it until the transaction ends.

Two that change the two sides of one comparison at once would each compare with what was.
"""

from collections.abc import Collection, Iterable
from uuid import UUID

from django.db import connection as db

from connectors.models import Connection
from flows.models import StockLevel
from flows.operations.stock.offers import find_kits

MOST = 300  # PostgreSQL has room for thousands of locks, and not for more
# In their order, so that no two wait for each other.
_LOCK_EACH = """
    WITH keys AS MATERIALIZED (
        SELECT DISTINCT hashtextextended(%(tenant)s || sku, 1) AS key
        FROM unnest(%(skus)s::text[]) sku ORDER BY 1)
    SELECT pg_advisory_xact_lock(key) FROM keys
"""
_SHARE = "SELECT pg_advisory_xact_lock_shared(hashtextextended(%s, 0))"
_LOCK_ALL = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"


def lock_skus(tenant_id: UUID, skus: Iterable[str]) -> None:
    """With the kits that hold one of them, and their other parts. Whoever has very many of them is
    alone with all of the tenant's."""
    named = set(skus)
    kits = find_kits(named)
    named |= {*kits, *(part for parts in kits.values() for part in parts)}
    tenant = str(tenant_id)
    with db.cursor() as cursor:
        if len(named) > MOST:
            cursor.execute(_LOCK_ALL, [tenant])
        else:
            cursor.execute(_SHARE, [tenant])
            cursor.execute(_LOCK_EACH, {"tenant": tenant, "skus": list(named)})


def skus_of(connection: Connection, external_ids: Collection[str]) -> set[str]:
    """What is known of these levels: a system may tell of one without its SKU."""
    rows = StockLevel.objects.filter(connection=connection, external_id__in=external_ids)
    return set(rows.values_list("sku", flat=True))
