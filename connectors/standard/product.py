"""A product and its variants."""

from decimal import Decimal
from typing import ClassVar, Literal

from connectors.standard.record import Part, Record


class Variant(Part, frozen=True, kw_only=True):
    """One sellable unit; the SKU is its reference in every system."""

    id: str
    sku: str
    barcode: str | None = None
    price: Decimal | None = None
    compare_at_price: Decimal | None = None
    currency: str | None = None
    cost: Decimal | None = None
    weight: Decimal | None = None
    weight_unit: Literal["g", "kg", "oz", "lb"] | None = None
    options: dict[str, str] = {}  # Size: M
    is_tracked: bool = True


class Product(Record, frozen=True, kw_only=True):
    resource: ClassVar[str] = "product"

    title: str
    description: str | None = None
    style_code: str | None = None
    vendor: str | None = None
    product_type: str | None = None
    status: Literal["active", "draft", "archived"] = "active"
    tags: tuple[str, ...] = ()
    image_url: str | None = None
    variants: tuple[Variant, ...]


RECORD = Product
