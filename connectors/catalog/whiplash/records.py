"""What a path cannot say about the records of Whiplash."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from connectors.errors import MappingFailed, NothingToDo
from connectors.spec import Context
from connectors.standard.shipment_request import ShipmentRequest

GRAMS_PER_OUNCE = Decimal("28.349523125")
REASONS = (
    ("damaged", "damaged_words", "damage,broken,defect"),
    ("cycle_count", "count_words", "cycle,count,audit"),
    ("return", "", "return"),
    ("received", "", "receiv"),
    ("shrinkage", "", "shrink,lost,missing"),
)


def shipped_lines(order: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What left: the packed quantity where Whiplash counted it, else the line's quantity.

    Cartons and inserts that the warehouse added are not lines of the order.
    """
    items = [item for item in order.get("order_items") or [] if not _is_added(item)]
    counted = any(item.get("packed") for item in items)
    lines = [(item, item.get("packed") if counted else item.get("quantity")) for item in items]
    return [
        {
            "reference": line_reference(item, order),
            "sku": item.get("sku"),
            "quantity": Decimal(str(quantity)),
        }
        for item, quantity in lines
        if quantity
    ]


def line_reference(item: Mapping[str, Any], order: Mapping[str, Any]) -> str:
    found = (item.get("originator") or {}).get("original_id")
    if not found:
        raise MappingFailed(
            f"Line {item.get('id')} ({item.get('sku')}) of Whiplash order {order.get('id')} does"
            " not carry the line of the sales order: it was added in Whiplash by hand.",
            line="lines[].reference",
            value=item.get("sku"),
        )
    return str(found)


def _is_added(item: Mapping[str, Any]) -> bool:
    ours = (item.get("originator") or {}).get("original_id")
    return not ours and bool(item.get("packaging") or item.get("promo"))


def parcels(order: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The packages; where there is none, the tracking numbers of the order itself."""
    packages = order.get("packages") or _packages_of_tracking(order)
    references = {
        item["id"]: str(item["originator"]["original_id"])
        for item in order.get("order_items") or []
        if (item.get("originator") or {}).get("original_id")
    }
    carrier = (order.get("shipping_method") or {}).get("carrier")
    return [_parcel(package, carrier, references) for package in packages]


def _packages_of_tracking(order: Mapping[str, Any]) -> list[dict[str, Any]]:
    numbers, links = order.get("tracking") or [], order.get("tracking_links") or []
    padded = [*links, *[None] * len(numbers)]
    return [
        {"tracking": number, "tracking_link": link}
        for number, link in zip(numbers, padded, strict=False)
    ]


def _parcel(
    package: Mapping[str, Any], carrier: str | None, references: Mapping[Any, str]
) -> dict[str, Any]:
    weight = package.get("actual_weight")
    found = {
        "id": str(package["id"]) if package.get("id") else None,
        "tracking_number": package.get("tracking"),
        "tracking_url": package.get("tracking_link"),
        "carrier": carrier,
        "weight": grams(weight) if weight else None,
    }
    ours = [references[key] for key in package.get("order_item_ids") or [] if key in references]
    return {**{name: value for name, value in found.items() if value}, "lines": ours}


def grams(ounces: str) -> Decimal:
    """To the tenth of a gram, which is finer than any scale of a warehouse."""
    return (Decimal(ounces) * GRAMS_PER_OUNCE).quantize(Decimal("0.1"))


def goods_total(order: Mapping[str, Any]) -> Decimal:
    """What the lines amount to; Whiplash knows no tax and no charge."""
    lines = order.get("order_items") or []
    return sum((Decimal(line.get("price") or 0) * line["quantity"] for line in lines), Decimal(0))


def return_lines(record: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Each returned item; once counted, its good and its damaged part are a line each."""
    return [line for item in record.get("return_items") or [] for line in _parts(item, record)]


def _parts(item: Mapping[str, Any], record: Mapping[str, Any]) -> list[dict[str, Any]]:
    line = {
        "id": str(item["id"]),
        "order_line_reference": _returned_line(item, record),
        "sku": item.get("sku"),
        "reason": item.get("description"),
    }
    good, damaged = item.get("quantity_good") or 0, item.get("quantity_damaged") or 0
    if not good and not damaged:
        return [{**line, "quantity": Decimal(item.get("quantity") or 0)}]
    parts = []
    if good:
        kept = {"quantity": Decimal(good), "condition": "good", "is_restocked": True}
        parts.append({**line, **kept})
    if damaged:
        lost = {"quantity": Decimal(damaged), "condition": "damaged"}
        parts.append({**line, **lost, "id": f"{item['id']}-damaged"})
    return parts


def _returned_line(item: Mapping[str, Any], record: Mapping[str, Any]) -> str:
    """The order's line; by the item only where no second line of the order holds that item."""
    lines = (record.get("order") or {}).get("order_items") or []
    same = [line for line in lines if line["id"] == item.get("order_item_id")]
    same = same or [line for line in lines if line.get("item_id") == item.get("item_id")]
    if len(same) != 1:
        raise MappingFailed(
            f"Whiplash return {record.get('id')} does not say which line of order"
            f" {record.get('order_id')} came back as {item.get('sku')}.",
            line="lines[].order_line_reference",
            value=item.get("sku"),
        )
    return line_reference(same[0], record.get("order") or {})


def adjustment_reason(entry: Mapping[str, Any], context: Context) -> str:
    """Whiplash says why in free words; which words mean what can be set."""
    if entry.get("is_return"):
        return "return"
    said = str(entry.get("description") or "").lower()
    for reason, setting, usual in REASONS:
        words = str(context.settings.get(setting) or usual).lower().split(",")
        if any(word.strip() and word.strip() in said for word in words):
            return reason
    return "other"


def full_name(address: Mapping[str, Any]) -> str | None:
    both = [address.get("first_name"), address.get("last_name")]
    named = " ".join(part for part in both if part)
    return address.get("name") or named or address.get("company")


def our_reference(value: Any, context: Context) -> str | None:
    """The delivery's own reference, whatever the record itself carries."""
    return context.reference or None


def warehouse_ids(warehouse: Any, context: Context) -> list[int] | None:
    """By the lookup table «warehouse»; without a row Whiplash itself chooses."""
    found = context.find_row("warehouse", str(warehouse))
    return [int(found)] if found else None


def items_to_send(lines: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The order items: what is still to be shipped, in whole units."""
    open_lines = [line for line in lines if line["quantity"]]
    if not open_lines:
        raise NothingToDo("Nothing of this order is for the warehouse to ship.")
    return [_item_to_send(line) for line in open_lines]


def _item_to_send(line: Mapping[str, Any]) -> dict[str, Any]:
    quantity = Decimal(str(line["quantity"]))
    if not line.get("sku"):
        raise MappingFailed(f"Line {line['id']} ({line.get('title')}) has no SKU.", line="lines")
    if quantity != quantity.to_integral_value():
        raise MappingFailed(
            f"Line {line['id']}: {quantity} of {line['sku']} is not a whole number.", line="lines"
        )
    item = {
        "sku": line["sku"],
        "quantity": int(quantity),
        "price": str(line["unit_price"]) if line.get("unit_price") is not None else None,
        "description": line.get("title"),
        "originator_attributes": {"original_id": line["reference"]},
    }
    return {name: value for name, value in item.items() if value is not None}


def gist_of_request(request: ShipmentRequest) -> Any:
    """What the warehouse accepted: to whom, how, how much was ordered; not how far it has come."""
    ordered = [(line.reference, line.sku, line.ordered_quantity) for line in request.lines]
    return [request.shipping_address, request.shipping_method, ordered]
