"""Writes facts to the outbox, in the transaction that makes them true."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from flows.models import Delivery, Fact
from flows.operations.rows import insert_all

ORDER_RECEIVED = "order.received"
ORDER_WRITTEN = "order.written"
ORDER_SHIPPED = "order.shipped"
ORDER_CANCELLED = "order.cancelled"
STOCK_CHANGED = "stock.changed"
DELIVERY_DEAD = "delivery.dead"
CONNECTION_DOWN = "connection.down"
CONNECTION_FAILING = "connection.failing"
CONNECTION_WELL = "connection.well"
SYNC_DONE = "sync.done"
RULE_NOTIFIED = "rule.notified"

# What the outside may be told, and in which words.
KINDS = {
    ORDER_RECEIVED: "An order came in",
    ORDER_WRITTEN: "An order was written into another system",
    ORDER_SHIPPED: "A shipment was written into another system",
    ORDER_CANCELLED: "A cancellation was written into another system",
    STOCK_CHANGED: "A level of stock was written into another system",
    DELIVERY_DEAD: "A delivery cannot go on without a person",
    CONNECTION_DOWN: "A connection needs to be authorised again",
    CONNECTION_FAILING: "A connected system has not answered for a while",
    CONNECTION_WELL: "A connected system answers again",
    SYNC_DONE: "A full comparison has come to its end",
    RULE_NOTIFIED: "A rule asked that people be told of a record",
}

# What a success means: the fact of writing a record of this resource.
_WRITTEN = {
    "order": ORDER_WRITTEN,
    "shipment_request": ORDER_WRITTEN,
    "shipment": ORDER_SHIPPED,
    "inventory_level": STOCK_CHANGED,
    "inventory_adjustment": STOCK_CHANGED,
}


def fact(
    tenant_id: UUID,
    kind: str,
    *,
    subject: str,
    at: datetime,
    record_id: UUID | None = None,
    **data: Any,
) -> Fact:
    return Fact(
        tenant_id=tenant_id,
        kind=kind,
        record_id=record_id,
        subject=subject[:255],
        data=data,
        happened_at=at,
    )


def dead_fact(delivery: Delivery, at: datetime) -> Fact:
    return fact(
        delivery.tenant_id,
        DELIVERY_DEAD,
        subject=delivery.record.reference if delivery.record else delivery.public_id,
        at=at,
        record_id=delivery.record_id,
        delivery=delivery.public_id,
        action=delivery.action,
        reason=delivery.reason,
    )


def kind_of_success(resource: str, *, is_cancellation: bool) -> str | None:
    if is_cancellation:
        return ORDER_CANCELLED
    return _WRITTEN.get(resource)


def write_facts(facts: Iterable[Fact]) -> None:
    insert_all(list(facts))
