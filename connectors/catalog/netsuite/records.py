"""NetSuite's documents read into the standard: what a path alone cannot say."""

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from connectors.catalog.netsuite.answers import exact, id_of, items_of, name_of
from connectors.spec import Context

GOODS = {"InvtPart", "Assembly", "Kit", "NonInvtPart", "GiftCert"}
WORDLESS = {"Description", "Subtotal", "EndGroup", "Group"}  # lines without an amount of their own
STATUSES = {
    "A": "pending_approval",
    "B": "approved",
    "C": "cancelled",
    "D": "partially_fulfilled",
    "E": "partially_fulfilled",
    "F": "fulfilled",
    "G": "fulfilled",
    "H": "closed",
}
EXTRAS = ("tip", "fee", "duty", "rounding", "tax")  # our own lines are named so
LINE_FIELD = "custcol_ekyam_line_id"


def line_field(context: Context) -> str:
    return str(context.settings.get("line_id_field") or LINE_FIELD)


def line_reference(line: Mapping[str, Any], context: Context) -> str:
    """The line's name in every system; without one, NetSuite's own line number."""
    wanted = line_field(context).lower()
    own = next((value for name, value in line.items() if name.lower() == wanted), None)
    return str(own or line.get("line") or line.get("orderLine") or "")


def line_kind(line: Mapping[str, Any], context: Context) -> str:
    """goods, discount, tax, tip, fee, duty, rounding or none: by our name, then by its item."""
    reference = line_reference(line, context)
    if reference in EXTRAS:
        return reference
    item, settings = id_of(line.get("item")), context.settings
    if reference.endswith("-discount") or item == str(settings.get("discount_item_id") or "-"):
        return "discount"
    if item == str(settings.get("tax_item_id") or "-"):
        return "tax"
    if item == str(settings.get("charge_item_id") or "-"):
        return "fee"
    kind = line.get("itemType")
    if kind in WORDLESS:
        return "none"
    return "discount" if kind in ("Discount", "Markup") else "goods"


def is_goods(line: Mapping[str, Any], context: Context) -> bool:
    """Something that a warehouse can pick."""
    kind = line.get("itemType")
    return line_kind(line, context) == "goods" and (kind is None or kind in GOODS)


def order_money(order: Mapping[str, Any], context: Context) -> dict[str, Any]:
    """Lines, charges and total of an order, which add up again.

    NetSuite's discount lines belong to the line above them. Its tax is one sum; the standard's
    stands on lines, so it goes on the first one. What the total holds beyond the parts that are
    read here, such as handling or a gift certificate, is a fee.
    """
    lines: list[dict[str, Any]] = []
    sums: dict[str, Decimal] = dict.fromkeys(EXTRAS, Decimal(0))
    for raw in items_of(order):
        kind, amount = line_kind(raw, context), exact(raw.get("amount"))
        if kind == "goods":
            line, rest = _order_line(raw, amount, context)
            lines.append(line)
            sums["rounding"] += rest
        elif kind == "discount" and lines:
            lines[-1]["discounts"].append({"amount": -amount})
        elif kind != "none":
            sums[kind if kind in sums else "fee"] += amount
    sums["tax"] += exact(order.get("taxTotal"))
    _place_header_sums(order, lines, sums)
    sums["fee"] += _untold(order, context)
    return {"lines": lines, **_charges(order, sums)}


def _header_discount(order: Mapping[str, Any]) -> Decimal:
    """Taken off the order as a whole, which is no line."""
    return abs(exact(order.get("discountTotal"))) if order.get("discountItem") else Decimal(0)


def _untold(order: Mapping[str, Any], context: Context) -> Decimal:
    """What NetSuite's total holds beyond lines, tax, shipping and discount."""
    amounts = [
        exact(raw.get("amount")) for raw in items_of(order) if line_kind(raw, context) != "none"
    ]
    told = sum(amounts, exact(order.get("taxTotal"))) + exact(order.get("shippingCost"))
    return exact(order.get("total")) - told + _header_discount(order)


def _place_header_sums(
    order: Mapping[str, Any], lines: list[dict[str, Any]], sums: dict[str, Decimal]
) -> None:
    off = _header_discount(order)
    if not lines:
        sums["fee"] += sums["tax"] - off
        return
    if off:
        lines[0]["discounts"].append({"amount": off})
    if sums["tax"]:
        lines[0]["taxes"].append({"title": "Tax", "amount": sums["tax"]})


def _order_line(
    raw: Mapping[str, Any], amount: Decimal, context: Context
) -> tuple[dict[str, Any], Decimal]:
    """The line, and what its amount differs from quantity times price."""
    quantity = exact(raw.get("quantity"))
    price = exact(raw.get("rate"))
    if quantity and price * quantity != amount:
        price = (amount / quantity).quantize(Decimal("0.000001"))
    line: dict[str, Any] = {
        "id": str(raw.get("line") or ""),
        "reference": line_reference(raw, context),
        "sku": raw.get("sku") or name_of(raw.get("item")) or None,
        "title": raw.get("description") or name_of(raw.get("item")) or None,
        "quantity": quantity,
        "unit_price": price,
        "variant_id": id_of(raw.get("item")) or None,
        "location": id_of(raw.get("location")) or None,
        "fulfilled_quantity": exact(raw.get("quantityFulfilled")),
        "requires_shipping": is_goods(raw, context),
        "discounts": [],
        "taxes": [],
    }
    return line, amount - price * quantity


def _charges(order: Mapping[str, Any], sums: Mapping[str, Decimal]) -> dict[str, Any]:
    found: dict[str, Any] = {name: sums[name] for name in ("tip", "fee", "rounding") if sums[name]}
    if sums["duty"]:
        found["duties"] = [{"amount": sums["duty"]}]
    cost = exact(order.get("shippingCost"))
    if cost:
        title = name_of(order.get("shipMethod")) or "Shipping"
        found["shipping"] = [{"title": title, "price": cost}]
    return found


def money_part(order: Mapping[str, Any], context: Context, part: str, empty: Any) -> Any:
    """One part of `order_money`."""
    return order_money(order, context).get(part, empty)


def currency_code(order: Mapping[str, Any], context: Context) -> str:
    """ISO 4217; an account may name its dollar «USA», then the connection's setting says it."""
    names = (
        order.get("currencysymbol"),
        order.get("currencySymbol"),
        name_of(order.get("currency")),
    )
    code = next((str(name) for name in names if re.fullmatch("[A-Z]{3}", str(name or ""))), None)
    named_like_a_country = code in ("USA", "GBR", "CAN")
    if code is None or named_like_a_country:
        code = str(context.settings.get("currency") or "USD")
    return code


def buyer(order: Mapping[str, Any], context: Context) -> dict[str, Any] | None:
    """The customer; the customer that stands for all guests is nobody."""
    found = id_of(order.get("entity"))
    if not found or found == str(context.settings.get("guest_customer_id") or ""):
        return None
    person: dict[str, Any] = {"id": found, "label": name_of(order.get("entity")) or None}
    return {**person, "email": order.get("email") or None}


def address(raw: Mapping[str, Any]) -> dict[str, Any] | None:
    """An expanded address; one that was not filled in is none."""
    named = {
        "name": raw.get("attention") or raw.get("addressee"),
        "company": raw.get("addressee") if raw.get("attention") else None,
        "line1": raw.get("addr1"),
        "line2": raw.get("addr2"),
        "city": raw.get("city"),
        "region": id_of(raw.get("state")),
        "postal_code": raw.get("zip"),
        "country": id_of(raw.get("country")),
        "phone": raw.get("addrPhone"),
    }
    found = {name: str(value) for name, value in named.items() if value}
    return found or None


def request_lines(order: Mapping[str, Any], context: Context) -> list[dict[str, Any]]:
    """All goods of the order, and how much of each is still to be picked."""
    found = []
    for raw in items_of(order):
        line, _ = _order_line(raw, exact(raw.get("amount")), context)
        left = line["quantity"] - line["fulfilled_quantity"]
        if is_goods(raw, context) and not raw.get("isClosed"):
            kept = ("id", "reference", "sku", "title", "unit_price")
            amounts = {"quantity": max(left, Decimal(0)), "ordered_quantity": line["quantity"]}
            found.append({**{name: line[name] for name in kept}, **amounts})
    return found


def payment_terms(order: Mapping[str, Any], context: Context) -> str:
    """Cash on delivery is told by the name of the payment terms."""
    terms = name_of(order.get("terms")).lower()
    return "cod" if "cod" in terms.split() or "cash on delivery" in terms else "prepaid"


def cod_amount(order: Mapping[str, Any], context: Context) -> Decimal | None:
    return exact(order.get("total")) if payment_terms(order, context) == "cod" else None


def option_fields(settings: Mapping[str, Any]) -> dict[str, str]:
    """Item columns that tell a variant's options: «custitem_size=Size, custitem_color=Color»."""
    pairs = [part.split("=", 1) for part in str(settings.get("option_fields") or "").split(",")]
    return {pair[0].strip(): pair[1].strip() for pair in pairs if len(pair) == 2}


def variants(product: Mapping[str, Any], context: Context) -> list[dict[str, Any]]:
    """What is sold; an inactive child is left out unless all are."""
    sold = product["variants"]
    active = [one for one in sold if one.get("isinactive") != "T"]
    return [_variant(one, len(sold) > 1, context) for one in active or sold]


def _variant(item: Mapping[str, Any], is_one_of_many: bool, context: Context) -> dict[str, Any]:
    fields = option_fields(context.settings)
    options = {title: str(item[name]) for name, title in fields.items() if item.get(name)}
    if is_one_of_many and not options:
        options = {"Variant": str(item.get("displayname") or item["itemid"])}
    unit = str(item.get("weightunit") or "").lower()
    weighed = unit in ("g", "kg", "oz", "lb") and item.get("weight")
    found = {
        "id": item["id"],
        "sku": item["itemid"],
        "barcode": item.get("upccode"),
        "price": _money(item.get("price")),
        "cost": _money(item.get("cost")),
        "currency": context.settings.get("currency") or "USD",
        "weight": exact(item["weight"]) if weighed else None,
        "weight_unit": unit if weighed else None,
        "options": options,
        "is_tracked": item.get("itemtype") in ("InvtPart", "Assembly"),
    }
    return {name: value for name, value in found.items() if value is not None}


def _money(value: Any) -> Decimal | None:
    return None if value in (None, "") else exact(value)


def product_status(product: Mapping[str, Any], context: Context) -> str:
    """Archived once nothing of it is sold any more."""
    family = [product] if product.get("isinactive") == "T" else product["variants"]
    return "archived" if all(one.get("isinactive") == "T" for one in family) else "active"


def shipped_lines(fulfilment: Mapping[str, Any], context: Context) -> list[dict[str, Any]]:
    """The fulfilled lines; NetSuite also lists those that were left out."""
    return [
        {
            "reference": line_reference(line, context),
            "sku": line.get("sku") or name_of(line.get("item")) or None,
            "quantity": exact(line.get("quantity")),
        }
        for line in items_of(fulfilment)
        if line.get("itemReceive", True) and exact(line.get("quantity")) > 0
    ]


PACKAGES = {"package": "", "packageUps": "Ups", "packageFedEx": "FedEx", "packageUsps": "Usps"}


def parcels(fulfilment: Mapping[str, Any], context: Context) -> list[dict[str, Any]]:
    """Packages of whichever carrier integration wrote them."""
    found: Iterable[dict[str, Any]] = (
        {
            "tracking_number": line.get(f"packageTrackingNumber{suffix}") or None,
            "carrier": suffix or line.get("packageDescr") or None,
        }
        for sublist, suffix in PACKAGES.items()
        for line in items_of(fulfilment, sublist)
    )
    return [{name: value for name, value in one.items() if value} for one in found]
