"""A postal address."""

from connectors.standard.record import Part


class Address(Part, frozen=True, kw_only=True):
    """Country as ISO 3166 alpha-2, region as the code that the source uses (ISO 3166-2's tail)."""

    name: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    company: str | None = None
    line1: str | None = None
    line2: str | None = None
    city: str | None = None
    region: str | None = None
    postal_code: str | None = None
    country: str | None = None
    phone: str | None = None
