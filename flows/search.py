"""By what an order is found besides its ids: its e-mail address, its SKUs, its parcels' numbers.

Pure. Only digests are kept: they find what is written out whole, and tell nobody else what it was.
"""

import hashlib
from collections.abc import Iterator

from connectors.standard.order import Order
from connectors.standard.record import Record
from connectors.standard.shipment import Shipment
from connectors.standard.shipment_request import ShipmentRequest

EMAIL, SKU, TRACKING = "email", "sku", "tracking"

MOST = 200  # of one record: an order of a thousand lines is found by its first ones


def digest_of(text: str) -> str:
    """The same for «Asha@Shop.example » and «asha@shop.example»."""
    return hashlib.sha256(text.strip().lower().encode()).hexdigest()[:32]


def keys_of(standard: Record) -> set[tuple[str, str]]:
    """(kind, digest) of all that this record is found by."""
    found: set[tuple[str, str]] = set()
    for kind, text in _texts(standard):
        if text and text.strip():
            found.add((kind, digest_of(text)))
        if len(found) == MOST:
            break
    return found


def _texts(standard: Record) -> Iterator[tuple[str, str | None]]:
    if isinstance(standard, Order | ShipmentRequest):
        yield EMAIL, standard.email
        for line in standard.lines:
            yield SKU, line.sku
    elif isinstance(standard, Shipment):
        for parcel in standard.parcels:
            yield TRACKING, parcel.tracking_number
