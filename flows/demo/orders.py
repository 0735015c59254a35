"""The kinds of orders that are placed, and what happens to each on its way."""

from dataclasses import dataclass, field
from typing import Any

ADDRESS = {
    "first_name": "Mara",
    "last_name": "Quill",
    "address1": "12 Harbor Road",
    "city": "Portland",
    "province": "Maine",
    "province_code": "ME",
    "zip": "04101",
    "country": "United States",
    "country_code": "US",
    "phone": "+1 207 555 0100",
}


@dataclass(frozen=True)
class Kind:
    """`place` is what the shopper does; the flags say what people do afterwards."""

    name: str
    place: dict[str, Any]
    edit: dict[str, Any] | None = None  # before it is approved
    cancel: str = ""  # "" | "early": before approval | "late": after it was shipped
    lacks_address: bool = False  # until somebody mends it in the ERP
    parcels: int = 1
    ships_in: int = 1  # shipments
    expected: dict[str, str] = field(default_factory=dict)


def line(sku: str, quantity: int = 1, **more: Any) -> dict[str, Any]:
    return {"sku": sku, "quantity": quantity, **more}


SHIPPED = {"shop": "FULFILLED", "erp": "pending_billing", "warehouse": "Shipped"}
CALLED_OFF = {"shop": "CANCELLED", "erp": "closed", "warehouse": ""}

KINDS = (
    Kind(
        "card, one line",
        {"lines": [line("EKM-TEE-M")], "email": "mara@example.com", "shipping": "5.00"},
        expected=SHIPPED,
    ),
    Kind(
        "new customer, tax and discount",
        {
            "lines": [line("EKM-HOOD-M"), line("EKM-MUG", 3)],
            "customer": {"first_name": "Ines", "last_name": "Oduya", "email": "ines@example.com"},
            "email": "ines@example.com",
            "shipping": "7.50",
            "tax_rate": "0.0825",
            "discount_code": {"code": "WELCOME10", "percentage": "10"},
        },
        expected=SHIPPED,
    ),
    Kind(
        "cash on delivery",
        {"lines": [line("EKM-CAP", 2)], "gateway": "cod", "shipping": "4.00"},
        expected=SHIPPED,
    ),
    Kind(
        "guest checkout",
        {"lines": [line("EKM-TOTE", 2)], "customer": "guest", "email": "guest@example.com"},
        expected=SHIPPED,
    ),
    Kind(
        "same SKU twice",
        {
            "lines": [line("EKM-TEE-S", 1), line("EKM-TEE-S", 2, discount="4.00")],
            "shipping": "5.00",
        },
        expected=SHIPPED,
    ),
    Kind(
        "three parcels",
        {"lines": [line("EKM-MUG", 6), line("EKM-SOCK", 4)], "shipping": "12.00"},
        parcels=3,
        expected=SHIPPED,
    ),
    Kind(
        "two shipments",
        {"lines": [line("EKM-HOOD-M", 2), line("EKM-CAP")], "shipping": "8.00", "tax_rate": "0.05"},
        ships_in=2,
        expected=SHIPPED,
    ),
    Kind(
        "prices include tax, a tip",
        {
            "lines": [line("EKM-SOCK", 3)],
            "taxes_included": True,
            "tax_rate": "0.20",
            "tip": "2.00",
            "shipping": "3.99",
        },
        expected=SHIPPED,
    ),
    Kind(
        "edited before approval",
        {"lines": [line("EKM-TEE-L", 3)], "shipping": "5.00"},
        edit={"sku": "EKM-TEE-L", "quantity": 2},
        expected=SHIPPED,
    ),
    Kind(
        "no address, mended in the ERP",
        {
            "lines": [line("EKM-MUG")],
            "email": "noaddress@example.com",
            "shipping_address": None,
            "billing_address": None,
        },
        lacks_address=True,
        expected=SHIPPED,
    ),
    Kind(
        "cancelled in time",
        {"lines": [line("EKM-CAP")], "shipping": "4.00"},
        cancel="early",
        expected=CALLED_OFF,
    ),
)

# What may be ordered besides by hand: the demonstration does not play these to their end.
BY_HAND = (
    Kind(
        "emoji in the name and in the note",
        {
            "lines": [line("EKM-MUG")],
            "customer": {"first_name": "Zoë 🦊", "last_name": "O'Hara", "email": "zoe@example.com"},
            "email": "zoe@example.com",
            "shipping_address": {**ADDRESS, "first_name": "Zoë 🦊", "last_name": "O'Hara"},
            "note": "Ring twice, please 🔔",
            "shipping": "5.00",
        },
    ),
    Kind(
        "paid later, by bank transfer",
        {"lines": [line("EKM-TOTE")], "gateway": "bank", "shipping": "5.00"},
    ),
    Kind(
        "a product that the other systems do not know",
        {"lines": [{"title": "Gift wrap", "sku": "GIFT-WRAP", "price": "3.00", "quantity": 1}]},
    ),
)
