"""Standard records written as NetSuite's bodies: money in explicit lines, to the cent."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from connectors.catalog.netsuite.answers import exact, id_of
from connectors.catalog.netsuite.clock import day_in
from connectors.catalog.netsuite.records import line_field
from connectors.errors import MappingFailed
from connectors.spec import Context

CUSTOM_PRICE = {"id": "-1"}
# How much each address field holds.
ADDRESS = {
    "addressee": 83,
    "attention": 83,
    "addr1": 150,
    "addr2": 150,
    "city": 50,
    "state": 30,
    "zip": 36,
    "addrPhone": 21,
}


def reference(value: Any, context: Context) -> dict[str, str] | None:
    """An id as the reference that NetSuite takes."""
    return {"id": str(value)} if value not in (None, "") else None


def total_of(body: Mapping[str, Any]) -> Decimal:
    """What NetSuite will make of the order: its lines and its shipping."""
    amounts = (exact(line.get("amount")) for line in body["item"]["items"])
    return sum(amounts, exact(body.get("shippingCost")))


def order_entity(order: Mapping[str, Any], context: Context) -> dict[str, str]:
    """The customer's id, or that of the customer who stands for all guests."""
    customer = order.get("customer")
    if customer and customer.get("id"):
        return {"id": context.link("customer", str(customer["id"]))}
    guest = _setting(
        context, "guest_customer_id", "The buyer has no account in the shop", "guest customer"
    )
    return {"id": guest}


def _setting(context: Context, name: str, why: str, what: str) -> str:
    found = str(context.settings.get(name) or "")
    if not found:
        message = f"{why}, and no {what} is chosen in the NetSuite connection's settings."
        raise MappingFailed(message, line=name)
    return found


def order_lines(order: Mapping[str, Any], context: Context) -> dict[str, Any]:
    """Goods as they were sold, each discount under its line, then tax and charges.

    NetSuite's prices exclude tax: where the shop's include it, the line is written without, and
    the tax line brings it back, so that the sum stays the same to the cent.
    """
    lines: list[dict[str, Any]] = []
    for line in order.get("lines", ()):
        lines.append(_goods_line(line, bool(order.get("taxes_included")), context))
        off = _amounts(line.get("discounts"))
        if off:
            lines.append(_extra_line(f"{line['reference']}-discount", -off, "discount", context))
    lines += [
        _extra_line(name, amount, name if name in ("tax", "discount") else "charge", context)
        for name, amount in _order_sums(order).items()
        if amount
    ]
    return {"items": lines}


def _goods_line(line: Mapping[str, Any], includes_tax: bool, context: Context) -> dict[str, Any]:
    quantity, price = exact(line["quantity"]), exact(line["unit_price"])
    amount = quantity * price - (_amounts(line.get("taxes")) if includes_tax else 0)
    written: dict[str, Any] = {
        "item": {"id": _item_of(line, context)},
        "quantity": _number(quantity),
        "price": CUSTOM_PRICE,
        "amount": _number(amount),
        "description": str(line.get("title") or "")[:999] or None,
        "location": reference(context.settings.get("location_id"), context),
        line_field(context): str(line["reference"]),
    }
    if amount == quantity * price:
        written["rate"] = _number(price)
    return {name: value for name, value in written.items() if value is not None}


def _item_of(line: Mapping[str, Any], context: Context) -> str:
    sku = line.get("sku")
    if not sku:
        name = line.get("title") or line["reference"]
        raise MappingFailed(
            f"The line «{name}» has no SKU, so NetSuite has no item for it.", line="lines[].sku"
        )
    return context.link("variant", str(sku), "reference")


def _extra_line(name: str, amount: Decimal, kind: str, context: Context) -> dict[str, Any]:
    why = f"The order has {abs(amount)} of {name.rpartition('-')[2]}"
    item = _setting(context, f"{kind}_item_id", why, f"{kind} item")
    return {
        "item": {"id": item},
        "quantity": 1,
        "price": CUSTOM_PRICE,
        "rate": _number(amount),
        "amount": _number(amount),
        line_field(context): name,
    }


def _order_sums(order: Mapping[str, Any]) -> dict[str, Decimal]:
    """What is charged once an order, by the name of its line."""
    taxed = [*order.get("lines", ()), *order.get("shipping", ()), *order.get("duties", ())]
    return {
        "tax": sum((_amounts(part.get("taxes")) for part in taxed), Decimal(0)),
        "duty": _duties(order),
        "tip": exact(order.get("tip")),
        "fee": exact(order.get("fee")),
        "rounding": exact(order.get("rounding")),
    }


def _duties(order: Mapping[str, Any]) -> Decimal:
    """Duties; where prices include tax, the tax line holds their tax already."""
    duties = order.get("duties", ())
    taxes = sum((_amounts(duty.get("taxes")) for duty in duties), Decimal(0))
    return _amounts(duties) - (taxes if order.get("taxes_included") else 0)


def shipping_cost(order: Mapping[str, Any], context: Context) -> float | int:
    """Shipping after its discounts, and without tax; zero takes away what an edit took away."""
    charges = order.get("shipping", ())
    cost = sum((exact(charge.get("price")) for charge in charges), Decimal(0))
    cost -= sum((_amounts(charge.get("discounts")) for charge in charges), Decimal(0))
    if order.get("taxes_included"):
        cost -= sum((_amounts(charge.get("taxes")) for charge in charges), Decimal(0))
    return _number(cost)


def ship_method(order: Mapping[str, Any], context: Context) -> dict[str, str] | None:
    """By the lookup table netsuite_ship_methods, else the connection's own."""
    titles = (charge.get("title") or "" for charge in order.get("shipping", ()))
    name = order.get("shipping_method") or next(titles, "")
    row = context.find_row("netsuite_ship_methods", str(name)) if name else None
    return reference(row or context.settings.get("ship_method_id"), context)


def order_status(order: Mapping[str, Any], context: Context) -> dict[str, str]:
    """What is on hold in the shop waits for approval whatever the setting says."""
    wanted = "A" if order.get("holds") else str(context.settings.get("new_order_status") or "A")
    return {"id": wanted}


def account_day(value: Any, context: Context) -> str:
    """The account's calendar day of an instant."""
    moment = (
        value
        if isinstance(value, datetime)
        else datetime.fromisoformat(str(value).replace("Z", "+00:00"))
    )
    return day_in(moment, context.settings)


def _amounts(parts: Iterable[Mapping[str, Any]] | None) -> Decimal:
    return sum((exact(part.get("amount")) for part in parts or ()), Decimal(0))


def _number(value: Decimal) -> int | float:
    """A JSON number that prints as the very decimal it came from."""
    return int(value) if value == value.to_integral_value() else float(value)


def address(value: Mapping[str, Any], context: Context) -> dict[str, Any]:
    """Cut to what NetSuite's fields hold; a company stands above its person."""
    name = value.get("name") or " ".join(
        filter(None, (value.get("first_name"), value.get("last_name")))
    )
    company = value.get("company")
    texts = {
        "addressee": company or name,
        "attention": name if company else None,
        "addr1": value.get("line1"),
        "addr2": value.get("line2"),
        "city": value.get("city"),
        "state": value.get("region"),
        "zip": value.get("postal_code"),
        "addrPhone": value.get("phone"),
    }
    written: dict[str, Any] = {
        field: str(text)[: ADDRESS[field]] for field, text in texts.items() if text
    }
    if value.get("country"):
        written["country"] = {"id": str(value["country"])}
    return written


def address_book(addresses: Iterable[Mapping[str, Any]], context: Context) -> dict[str, Any]:
    """The first address is the default one."""
    return {
        "items": [
            {
                "defaultShipping": number == 0,
                "defaultBilling": number == 0,
                "addressBookAddress": address(one, context),
            }
            for number, one in enumerate(addresses)
        ]
    }


def is_person(customer: Mapping[str, Any], context: Context) -> bool:
    return bool(
        customer.get("first_name") or customer.get("last_name") or not customer.get("company")
    )


def last_name(customer: Mapping[str, Any], context: Context) -> str | None:
    """NetSuite wants both names of a person; the shop may know neither."""
    if not is_person(customer, context):
        return None
    return str(customer.get("last_name") or customer.get("email") or customer["id"])[:32]


def first_name(customer: Mapping[str, Any], context: Context) -> str | None:
    if not is_person(customer, context):
        return None
    return str(customer.get("first_name") or "-")[:32]


def email(value: Any, context: Context) -> str | None:
    """Only what NetSuite takes for an address; a shop may hold anything."""
    text = str(value).strip()
    return text if re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", text) and len(text) <= 254 else None


def adjustment_lines(adjustment: Mapping[str, Any], context: Context) -> dict[str, Any]:
    """The lines; an item that is not known yet is named, for the plan to look it up."""
    location = adjustment_location(adjustment, context)
    reason = reason_field("custcol", adjustment["reason"], context)
    return {
        "items": [
            {
                "item": _known_item(line["sku"], context),
                "location": location,
                "adjustQtyBy": _number(exact(line["quantity"])),
                **({"memo": str(line["note"])[:999]} if line.get("note") else {}),
                **reason,
            }
            for line in adjustment["lines"]
        ]
    }


def _known_item(sku: str, context: Context) -> dict[str, str]:
    found = context.find_link("variant", sku, "reference")
    return {"id": found} if found else {"refName": sku}


def reason_field(kind: str, reason: str, context: Context) -> dict[str, str]:
    """The account's own field for the reason, where it has one of this kind.

    NetSuite knows no reason of an adjustment: who wants one makes a custom field, of the whole
    transaction (custbody...) or of its lines (custcol...).
    """
    name = str(context.settings.get("adjustment_reason_field") or "").lower()
    if not name.startswith(kind):
        return {}
    return {name: context.find_row("adjustment_reasons", reason) or reason}


def adjustment_location(adjustment: Mapping[str, Any], context: Context) -> dict[str, str]:
    """By the lookup table netsuite_locations, else the connection's own location."""
    row = context.find_row("netsuite_locations", str(adjustment["location"]))
    why = f"The warehouse {adjustment['location']} has no row in the table netsuite_locations"
    return {"id": row or _setting(context, "location_id", why, "location")}


def adjustment_account(reason: str, context: Context) -> dict[str, str]:
    """By the lookup table adjustment_accounts, else the connection's own account."""
    row = context.find_row("adjustment_accounts", reason)
    why = f"The reason «{reason}» has no row in the table adjustment_accounts"
    return {"id": row or _setting(context, "adjustment_account_id", why, "adjustment account")}


def adjustment_memo(adjustment: Mapping[str, Any], context: Context) -> str:
    reason = str(adjustment["reason"]).replace("_", " ")
    return ": ".join(filter(None, (reason, adjustment.get("note"))))[:999]


GRAMS = {
    "g": Decimal(1),
    "kg": Decimal(1000),
    "oz": Decimal("28.349523125"),
    "lb": Decimal("453.59237"),
}


def packages(shipment: Mapping[str, Any], context: Context) -> dict[str, Any] | None:
    """The parcels, weighed in the account's unit; NetSuite refuses a package without weight."""
    unit = GRAMS[str(context.settings.get("weight_unit") or "lb")]
    written = [
        {
            "packageWeight": float(
                max(exact(parcel.get("weight")) / unit, Decimal("0.01")).quantize(Decimal("0.01"))
            ),
            **_parcel_texts(parcel, shipment),
        }
        for parcel in shipment.get("parcels", ())
    ]
    return {"items": written} if written else None


def _parcel_texts(parcel: Mapping[str, Any], shipment: Mapping[str, Any]) -> dict[str, str]:
    texts = {
        "packageTrackingNumber": parcel.get("tracking_number"),
        "packageDescr": parcel.get("carrier") or shipment.get("carrier"),
    }
    return {name: str(text)[:99] for name, text in texts.items() if text}


def fulfilment_lines(
    order: Mapping[str, Any],
    open_lines: Mapping[str, Mapping[str, Any]],
    shipped: Mapping[str, Decimal],
    context: Context,
) -> dict[str, Any]:
    """Every open line, shipped or not: NetSuite ships in full what is left out of the list."""
    default = id_of(order.get("location")) or str(context.settings.get("location_id") or "")
    lines: list[dict[str, Any]] = []
    for name, line in open_lines.items():
        if name not in shipped:
            lines.append({"orderLine": line["line"], "itemReceive": False})
            continue
        written = {
            "orderLine": line["line"],
            "itemReceive": True,
            "quantity": _number(shipped[name]),
        }
        place = id_of(line.get("location")) or default
        lines.append({**written, "location": {"id": place}} if place else written)
    return {"items": lines}


def our_reference(value: Any, context: Context) -> str | None:
    """The delivery's own reference, whatever the record itself carries."""
    return context.reference or value
