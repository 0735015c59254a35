"""The account as it is found: one company, two locations, the shared catalogue, its stock."""

from typing import Any

from connectors.catalog.netsuite.sandbox_auth import seed_logins
from connectors.catalog.netsuite.sandbox_orders import change_stock, stamp
from connectors.catalog.netsuite.sandbox_sql import save
from connectors.sandbox.world import Document, World

MAIN, OUTLET = "6", "7"
GUEST, TAX, DISCOUNT, CHARGE, SHIPPING, ACCOUNT = "110", "90", "91", "92", "2", "118"
STYLES = (
    ("TEE01", "Organic Tee"),
    ("HOOD01", "Zip Hoodie"),
)
GOODS = (  # SKU, title, price, grams, barcode, style, size
    ("EKM-TEE-S", "Organic Tee S", 24.00, 180, "0850001000011", "TEE01", "S"),
    ("EKM-TEE-M", "Organic Tee M", 24.00, 190, "0850001000028", "TEE01", "M"),
    ("EKM-TEE-L", "Organic Tee L", 24.00, 200, "0850001000035", "TEE01", "L"),
    ("EKM-HOOD-M", "Zip Hoodie M", 59.90, 620, "0850001000042", "HOOD01", "M"),
    ("EKM-MUG", "Enamel Mug", 14.50, 310, "0850001000059", "", ""),
    ("EKM-CAP", "Canvas Cap", 19.95, 110, "0850001000066", "", ""),
    ("EKM-TOTE", "Market Tote", 12.00, 150, "0850001000073", "", ""),
    ("EKM-SOCK", "Wool Socks", 9.99, 80, "0850001000080", "", ""),
)
CHARGES = (
    (TAX, "SHOP-TAX", "Sales Tax of the Shop", "OthCharge"),
    (DISCOUNT, "SHOP-DISCOUNT", "Discount of the Shop", "Discount"),
    (CHARGE, "SHOP-CHARGE", "Charges of the Shop", "OthCharge"),
)
GRAMS_UNIT = 4


def seed_world(world: World) -> None:
    seed_logins(world)
    for name, rows in (
        ("subsidiary", (("1", "Parent Company"),)),
        ("location", ((MAIN, "Main Warehouse"), (OUTLET, "Outlet Store"))),
        ("shipItem", ((SHIPPING, "Standard"), ("3", "Express"))),
        ("account", ((ACCOUNT, "Inventory Adjustment"), ("119", "Damaged Goods"))),
    ):
        for key, title in rows:
            save(world, name, {"id": key, "name": title})
    for key, sku, title, kind in CHARGES:
        save(world, "item", {**blank_item(world, key, sku, title), "itemType": kind})
    guest = {"id": GUEST, "entityId": "Web Guest", "isPerson": False, "companyName": "Web Guest"}
    save(world, "customer", {**guest, "isInactive": False, "lastModifiedDate": stamp(world)})
    _seed_goods(world)


def _seed_goods(world: World) -> None:
    parents = {}
    for style, title in STYLES:
        parent = blank_item(world, new_item_id(world), style, title)
        save(world, "item", {**parent, "matrixType": "PARENT"})
        parents[style] = parent["id"]
    for sku, title, price, grams, barcode, style, size in GOODS:
        item = blank_item(world, new_item_id(world), sku, title)
        item.update({"price": price, "weight": grams, "weightUnit": GRAMS_UNIT, "upcCode": barcode})
        if style:
            more: dict[str, Any] = {"parent": parents[style], "matrixType": "CHILD"}
            item.update({**more, "custom": {"custitem_size": size}})
        save(world, "item", item)
        change_stock(world, f"{item['id']}-{MAIN}", on_hand=500)


def new_item_id(world: World) -> str:
    return str(world.next_id("_item", 98))


def blank_item(world: World, item_id: str, sku: str, title: str) -> Document:
    return {
        "id": item_id,
        "itemId": sku,
        "displayName": title,
        "itemType": "InvtPart",
        "isInactive": False,
        "price": None,
        "lastModifiedDate": stamp(world),
    }


def settings_of(world: World) -> Document:
    """What a connection to this account is set to."""
    return {
        "account_id": world.account.upper().replace("-", "_"),
        "account_time_zone": str(world.setting("account_time_zone", "UTC")),
        "currency": "USD",
        "subsidiary_id": "1",
        "location_id": MAIN,
        "guest_customer_id": GUEST,
        "tax_item_id": TAX,
        "discount_item_id": DISCOUNT,
        "charge_item_id": CHARGE,
        "ship_method_id": SHIPPING,
        "adjustment_account_id": ACCOUNT,
        "price_level_id": "1",
        "new_order_status": "A",
        "line_id_field": "custcol_ekyam_line_id",
        "option_fields": "custitem_size=Size",
        "weight_unit": "lb",
    }
