"""A shopper, as a shop or an ERP knows them."""

from typing import ClassVar

from connectors.standard.address import Address
from connectors.standard.record import Record


class Customer(Record, frozen=True, kw_only=True):
    resource: ClassVar[str] = "customer"

    first_name: str | None = None
    last_name: str | None = None
    company: str | None = None
    email: str | None = None
    phone: str | None = None
    currency: str | None = None
    addresses: tuple[Address, ...] = ()
    note: str | None = None
    tags: tuple[str, ...] = ()


RECORD = Customer
