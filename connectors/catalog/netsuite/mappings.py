"""The default mappings, line by line, as the mapping screen shows them."""

from connectors.catalog.netsuite import bodies, records
from connectors.spec import Line, Mapping
from connectors.steps import (
    AnyStep,
    Choose,
    Constant,
    Default,
    Fit,
    Lower,
    Setting,
    ToBoolean,
    ToDecimal,
    ToText,
    ToTime,
    Trim,
    call,
)

_REFERENCE = call(bodies.reference)
_ADDRESS = call(bodies.address)
_DAY = call(bodies.account_day)


def _part(name: str, empty: object = None) -> tuple[AnyStep, ...]:
    return (call(records.money_part, part=name, empty=empty),)


_ORDER_HEAD = (
    Line("id", "id", (ToText(),), required=True),
    Line("reference", "externalId", (Trim(),)),
    Line("label", "tranId"),
    Line("updated_at", "lastModifiedDate", (ToTime(),)),
    Line("number", "tranId", (ToText(),), required=True),
    Line("currency", "@", (call(records.currency_code),)),
    Line("email", "email", (Trim(),)),
    Line("billing_address", "billingAddress", (call(records.address),)),
    Line("shipping_address", "shippingAddress", (call(records.address),)),
    Line("shipping_method", "shipMethod.refName", (Trim(),)),
    Line("note", "memo", (Trim(),)),
    Line("payment_terms", "@", (call(records.payment_terms),)),
    Line("placed_at", "createdDate", (ToTime(),)),
)

ORDER_READER = Mapping(
    (
        *_ORDER_HEAD,
        Line("status", "statusCode", (Choose(records.STATUSES),), required=True),
        Line("customer", "@", (call(records.buyer),)),
        Line("lines", "@", _part("lines", [])),
        Line("shipping", "@", _part("shipping", [])),
        Line("duties", "@", _part("duties", [])),
        Line("tip", "@", _part("tip")),
        Line("fee", "@", _part("fee")),
        Line("rounding", "@", _part("rounding")),
        Line("total", "total", (ToDecimal(),), required=True),
    )
)

CANCELLED_READER = Mapping(
    (
        *(line for line in ORDER_READER.lines if line.target != "status"),
        Line("status", "", (Constant("cancelled"),)),
        Line("cancelled_at", "lastModifiedDate", (ToTime(),)),
    )
)

REQUEST_READER = Mapping(
    (
        *_ORDER_HEAD,
        Line("order_id", "id", (ToText(),), required=True),
        Line("lines", "@", (call(records.request_lines),)),
        Line("cod_amount", "@", (call(records.cod_amount),)),
        Line("warehouse", "location.id", (ToText(),)),
    )
)

PRODUCT_READER = Mapping(
    (
        Line("id", "id", (ToText(),), required=True),
        Line("reference", "externalId", (Trim(),)),
        Line("label", "itemid"),
        Line("updated_at", "changedAt", (ToTime(),)),
        Line("title", "displayname || itemid", (Trim(),), required=True),
        Line("description", "storedescription", (Trim(),)),
        Line("style_code", "itemid", (Trim(),)),
        Line("status", "@", (call(records.product_status),)),
        Line("variants", "@", (call(records.variants),)),
    )
)

LEVEL_READER = Mapping(
    (
        Line("id", "id", (ToText(),), required=True),
        Line("updated_at", "changedAt", (ToTime(),)),
        Line("sku", "sku", (Trim(),), required=True),
        Line("item_id", "item", (ToText(),), required=True),
        Line("location", "location", (ToText(),), required=True),
        Line("location_label", "locationname"),
        Line("on_hand", "quantityonhand", (Default("0"), ToDecimal())),
        Line("available", "quantityavailable", (Default("0"), ToDecimal())),
        Line("committed", "quantitycommitted", (Default("0"), ToDecimal())),
        Line("on_order", "quantityonorder", (Default("0"), ToDecimal())),
        Line("counted_at", "changedAt", (ToTime(),)),
    )
)

FULFILMENT_READER = Mapping(
    (
        Line("id", "id", (ToText(),), required=True),
        Line("reference", "externalId", (Trim(),)),
        Line("label", "tranId"),
        Line("updated_at", "lastModifiedDate", (ToTime(),)),
        Line("order_id", "createdFrom.id", (ToText(),), required=True),
        Line("order_reference", "orderReference", (Trim(),)),
        Line("shipped_at", "createdDate", (ToTime(),)),
        Line("carrier", "shipMethod.refName", (Trim(),)),
        Line("lines", "@", (call(records.shipped_lines),)),
        Line("parcels", "@", (call(records.parcels),)),
    )
)

CUSTOMER_READER = Mapping(
    (
        Line("id", "id", (ToText(),), required=True),
        Line("reference", "externalid", (Trim(),)),
        Line("label", "entityid"),
        Line("updated_at", "changedAt", (ToTime(),)),
        Line("first_name", "firstname", (Trim(),)),
        Line("last_name", "lastname", (Trim(),)),
        Line("company", "companyname", (Trim(),)),
        Line("email", "email", (Trim(), Lower())),
        Line("phone", "phone", (Trim(),)),
    )
)

CUSTOMER_WRITER = Mapping(
    (
        Line("isPerson", "@", (call(bodies.is_person), ToBoolean())),
        Line("firstName", "@", (call(bodies.first_name),)),
        Line("lastName", "@", (call(bodies.last_name),)),
        Line("companyName", "company", (Fit(83),)),
        Line("email", "email", (call(bodies.email),)),
        Line("phone", "phone", (Fit(21),)),
        Line("comments", "note", (Fit(999),)),
        Line("subsidiary", "", (Setting("subsidiary_id"), _REFERENCE)),
        Line("addressBook", "addresses", (call(bodies.address_book),)),
    )
)

ORDER_WRITER = Mapping(
    (
        Line("entity", "@", (call(bodies.order_entity),), required=True),
        Line("tranDate", "placed_at", (_DAY,)),
        Line("otherRefNum", "number", (Fit(45),), required=True),
        Line("memo", "note", (Fit(999),)),
        Line("email", "email", (call(bodies.email),)),
        Line("orderStatus", "@", (call(bodies.order_status),)),
        Line("subsidiary", "", (Setting("subsidiary_id"), _REFERENCE)),
        Line("location", "", (Setting("location_id"), _REFERENCE)),
        Line("shipMethod", "@", (call(bodies.ship_method),)),
        Line("shippingCost", "@", (call(bodies.shipping_cost),)),
        Line("shippingAddress", "shipping_address", (_ADDRESS,)),
        Line("billingAddress", "billing_address", (_ADDRESS,)),
        Line("item", "@", (call(bodies.order_lines),), required=True),
    )
)

CANCEL_WRITER = Mapping((Line("memo", "cancel_reason", (Fit(999),)),))

FULFILMENT_WRITER = Mapping(
    (
        Line(
            "externalId",
            "reference",
            (call(bodies.our_reference, takes_none=True),),
        ),
        Line("shipStatus", "", (Constant({"id": "C"}),)),
        Line("tranDate", "shipped_at", (_DAY,)),
        Line("memo", "label", (ToText(), Fit(999))),
        Line("package", "@", (call(bodies.packages),)),
    )
)

ADJUSTMENT_WRITER = Mapping(
    (
        Line(
            "externalId",
            "reference",
            (call(bodies.our_reference, takes_none=True),),
        ),
        Line("account", "reason", (call(bodies.adjustment_account),)),
        Line("subsidiary", "", (Setting("subsidiary_id"), _REFERENCE)),
        Line("adjLocation", "@", (call(bodies.adjustment_location),)),
        Line("tranDate", "adjusted_at", (_DAY,)),
        Line("memo", "@", (call(bodies.adjustment_memo),)),
        Line("inventory", "@", (call(bodies.adjustment_lines),)),
    )
)
