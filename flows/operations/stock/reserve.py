"""What orders have sold, until the source of the stock knows of them."""

from collections import defaultdict
from collections.abc import Mapping
from uuid import UUID

from connectors.models import Connection
from connectors.standard.order import Order
from flows.models import KitPart, Reservation
from flows.operations.rows import insert_all

OVER = ("cancelled", "fulfilled", "closed")


def reserve(connection: Connection, newest: Mapping[UUID, Order]) -> set[str]:
    """Keep what these orders, by their records' ids, have sold; returns the SKUs that changed.

    The newest reading of an order replaces what was kept of it.
    """
    if not newest:
        return set()
    wanted = {
        (record_id, sku): quantity
        for record_id, sold in _in_parts({id_: _sold(one) for id_, one in newest.items()}).items()
        for sku, quantity in sold.items()
    }
    kept = {(row.record_id, row.sku): row for row in Reservation.objects.filter(record__in=newest)}
    gone = [row for key, row in kept.items() if wanted.get(key) != row.quantity]
    fresh = [
        Reservation(
            tenant_id=connection.tenant_id,
            connection=connection,
            record_id=record_id,
            sku=sku,
            quantity=quantity,
        )
        for (record_id, sku), quantity in sorted(wanted.items(), key=lambda one: str(one[0]))
        if (record_id, sku) not in kept or kept[record_id, sku].quantity != quantity
    ]
    Reservation.objects.filter(pk__in=[row.pk for row in gone]).delete()
    insert_all(fresh, ignore_conflicts=True)
    return {row.sku for row in (*fresh, *gone)}


def _sold(order: Order) -> dict[str, int]:
    """By SKU, what is still to leave a shelf."""
    if order.status in OVER:
        return {}
    sold: dict[str, int] = defaultdict(int)
    for line in order.lines:
        open_quantity = int(line.quantity - line.fulfilled_quantity)
        if line.sku and line.requires_shipping and open_quantity > 0:
            sold[line.sku] += open_quantity
    return dict(sold)


def _in_parts(sold: Mapping[UUID, Mapping[str, int]]) -> dict[UUID, dict[str, int]]:
    """A kit leaves the shelves as its parts."""
    skus = {sku for one in sold.values() for sku in one}
    kits: dict[str, list[KitPart]] = defaultdict(list)
    for row in KitPart.objects.filter(kit__in=skus):
        kits[row.kit].append(row)
    found: dict[UUID, dict[str, int]] = {}
    for record_id, one in sold.items():
        parts: dict[str, int] = defaultdict(int)
        for sku, quantity in one.items():
            for part in kits.get(sku, ()):
                parts[part.part] += quantity * part.quantity
            if sku not in kits:
                parts[sku] += quantity
        found[record_id] = parts
    return found
