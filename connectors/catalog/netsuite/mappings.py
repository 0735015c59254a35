"""The default mappings, line by line, as the mapping screen shows them."""

from connectors.catalog.netsuite import bodies, records
from connectors.spec import Line, Mapping, Step
from connectors.transforms import (
    boolean,
    call,
    choose,
    constant,
    decimal,
    default,
    fit,
    instant,
    lower,
    setting,
    strip,
    text,
)

_REFERENCE = Step("reference", bodies.reference)
_ADDRESS = Step("address", bodies.address)
_DAY = Step("account_day", bodies.account_day)


def _part(name: str, empty: object = None) -> tuple[Step, ...]:
    return (Step(f"order_{name}", records.money_part(name, empty)),)


_ORDER_HEAD = (
    Line("id", "id", (text(),), required=True),
    Line("reference", "externalId", (strip(),)),
    Line("label", "tranId"),
    Line("updated_at", "lastModifiedDate", (instant(),)),
    Line("number", "tranId", (text(),), required=True),
    Line("currency", "@", (Step("currency_code", records.currency_code),)),
    Line("email", "email", (strip(),)),
    Line("billing_address", "billingAddress", (call(records.address, "address"),)),
    Line("shipping_address", "shippingAddress", (call(records.address, "address"),)),
    Line("shipping_method", "shipMethod.refName", (strip(),)),
    Line("note", "memo", (strip(),)),
    Line("payment_terms", "@", (Step("payment_terms", records.payment_terms),)),
    Line("placed_at", "createdDate", (instant(),)),
)

ORDER_READER = Mapping(
    (
        *_ORDER_HEAD,
        Line("status", "statusCode", (choose(records.STATUSES),), required=True),
        Line("customer", "@", (Step("buyer", records.buyer),)),
        Line("lines", "@", _part("lines", [])),
        Line("shipping", "@", _part("shipping", [])),
        Line("duties", "@", _part("duties", [])),
        Line("tip", "@", _part("tip")),
        Line("fee", "@", _part("fee")),
        Line("rounding", "@", _part("rounding")),
        Line("total", "total", (decimal(),), required=True),
    )
)

CANCELLED_READER = Mapping(
    (
        *(line for line in ORDER_READER.lines if line.target != "status"),
        Line("status", "", (constant("cancelled"),)),
        Line("cancelled_at", "lastModifiedDate", (instant(),)),
    )
)

REQUEST_READER = Mapping(
    (
        *_ORDER_HEAD,
        Line("order_id", "id", (text(),), required=True),
        Line("lines", "@", (Step("request_lines", records.request_lines),)),
        Line("cod_amount", "@", (Step("cod_amount", records.cod_amount),)),
        Line("warehouse", "location.id", (text(),)),
    )
)

PRODUCT_READER = Mapping(
    (
        Line("id", "id", (text(),), required=True),
        Line("reference", "externalId", (strip(),)),
        Line("label", "itemid"),
        Line("updated_at", "changedAt", (instant(),)),
        Line("title", "displayname || itemid", (strip(),), required=True),
        Line("description", "storedescription", (strip(),)),
        Line("style_code", "itemid", (strip(),)),
        Line("status", "@", (Step("product_status", records.product_status),)),
        Line("variants", "@", (Step("variants", records.variants),)),
    )
)

LEVEL_READER = Mapping(
    (
        Line("id", "id", (text(),), required=True),
        Line("updated_at", "changedAt", (instant(),)),
        Line("sku", "sku", (strip(),), required=True),
        Line("item_id", "item", (text(),), required=True),
        Line("location", "location", (text(),), required=True),
        Line("location_label", "locationname"),
        Line("on_hand", "quantityonhand", (default("0"), decimal())),
        Line("available", "quantityavailable", (default("0"), decimal())),
        Line("committed", "quantitycommitted", (default("0"), decimal())),
        Line("on_order", "quantityonorder", (default("0"), decimal())),
        Line("counted_at", "changedAt", (instant(),)),
    )
)

FULFILMENT_READER = Mapping(
    (
        Line("id", "id", (text(),), required=True),
        Line("reference", "externalId", (strip(),)),
        Line("label", "tranId"),
        Line("updated_at", "lastModifiedDate", (instant(),)),
        Line("order_id", "createdFrom.id", (text(),), required=True),
        Line("order_reference", "orderReference", (strip(),)),
        Line("shipped_at", "createdDate", (instant(),)),
        Line("carrier", "shipMethod.refName", (strip(),)),
        Line("lines", "@", (Step("shipped_lines", records.shipped_lines),)),
        Line("parcels", "@", (Step("parcels", records.parcels),)),
    )
)

CUSTOMER_READER = Mapping(
    (
        Line("id", "id", (text(),), required=True),
        Line("reference", "externalid", (strip(),)),
        Line("label", "entityid"),
        Line("updated_at", "changedAt", (instant(),)),
        Line("first_name", "firstname", (strip(),)),
        Line("last_name", "lastname", (strip(),)),
        Line("company", "companyname", (strip(),)),
        Line("email", "email", (strip(), lower())),
        Line("phone", "phone", (strip(),)),
    )
)

CUSTOMER_WRITER = Mapping(
    (
        Line("isPerson", "@", (Step("is_person", bodies.is_person), boolean())),
        Line("firstName", "@", (Step("first_name", bodies.first_name),)),
        Line("lastName", "@", (Step("last_name", bodies.last_name),)),
        Line("companyName", "company", (fit(83),)),
        Line("email", "email", (Step("email", bodies.email),)),
        Line("phone", "phone", (fit(21),)),
        Line("comments", "note", (fit(999),)),
        Line("subsidiary", "", (setting("subsidiary_id"), _REFERENCE)),
        Line("addressBook", "addresses", (Step("address_book", bodies.address_book),)),
    )
)

ORDER_WRITER = Mapping(
    (
        Line("entity", "@", (Step("order_entity", bodies.order_entity),), required=True),
        Line("tranDate", "placed_at", (_DAY,)),
        Line("otherRefNum", "number", (fit(45),), required=True),
        Line("memo", "note", (fit(999),)),
        Line("email", "email", (Step("email", bodies.email),)),
        Line("orderStatus", "@", (Step("order_status", bodies.order_status),)),
        Line("subsidiary", "", (setting("subsidiary_id"), _REFERENCE)),
        Line("location", "", (setting("location_id"), _REFERENCE)),
        Line("shipMethod", "@", (Step("ship_method", bodies.ship_method),)),
        Line("shippingCost", "@", (Step("shipping_cost", bodies.shipping_cost),)),
        Line("shippingAddress", "shipping_address", (_ADDRESS,)),
        Line("billingAddress", "billing_address", (_ADDRESS,)),
        Line("item", "@", (Step("order_lines", bodies.order_lines),), required=True),
    )
)

CANCEL_WRITER = Mapping((Line("memo", "cancel_reason", (fit(999),)),))

FULFILMENT_WRITER = Mapping(
    (
        Line(
            "externalId",
            "reference",
            (Step("our_reference", bodies.our_reference, takes_none=True),),
        ),
        Line("shipStatus", "", (constant({"id": "C"}),)),
        Line("tranDate", "shipped_at", (_DAY,)),
        Line("memo", "label", (text(), fit(999))),
        Line("package", "@", (Step("packages", bodies.packages),)),
    )
)

ADJUSTMENT_WRITER = Mapping(
    (
        Line(
            "externalId",
            "reference",
            (Step("our_reference", bodies.our_reference, takes_none=True),),
        ),
        Line("account", "reason", (Step("adjustment_account", bodies.adjustment_account),)),
        Line("subsidiary", "", (setting("subsidiary_id"), _REFERENCE)),
        Line("adjLocation", "@", (Step("adjustment_location", bodies.adjustment_location),)),
        Line("tranDate", "adjusted_at", (_DAY,)),
        Line("memo", "@", (Step("adjustment_memo", bodies.adjustment_memo),)),
        Line("inventory", "@", (Step("adjustment_lines", bodies.adjustment_lines),)),
    )
)
