"""The step that writes phone numbers as the world does: E.164."""

from functools import lru_cache
from typing import Annotated, Any, Literal

import phonenumbers
from msgspec import Meta

from connectors.steps.paths import check_path, look_up
from connectors.steps.places import country_of
from connectors.steps.step import Here, Step, word_of

Invalid = Literal["refuse", "keep", "empty"]


class ToPhone(Step, frozen=True, tag="phone"):
    """A phone number as +919876543210 (E.164). A number without its country's code is one of the
    region. What is no valid number there is refused, kept as it is, or left empty, as you say.
    An extension is left off."""

    label, group = "As a phone number", "Addresses"

    region: Annotated[
        str, Meta(title="Region", pattern="^([A-Z]{2})?$", examples=["IN"], description="ISO code")
    ] = ""
    country_path: Annotated[
        str,
        Meta(
            title="or the country at",
            description="A path beside the value, or in the whole record; the region serves"
            " where it is empty.",
            max_length=1000,
            examples=["shipping_address.country"],
        ),
    ] = ""
    invalid: Annotated[Invalid, Meta(title="What is no number")] = "refuse"

    def check(self) -> None:
        check_path(self.country_path)
        if self.region and self.region not in phonenumbers.SUPPORTED_REGIONS:
            raise ValueError(f"names the region «{self.region}», which has no phones")

    def apply(self, value: Any, here: Here) -> str | None:
        text = word_of(value).strip()
        if not text:
            return None
        region = self._region(here)
        found = e164(text, region)
        if found is None and self.invalid == "refuse":
            where = f" in {region}" if region else "; nor is there a region"
            raise ValueError(f"is not a phone number{where}")
        return text if found is None and self.invalid == "keep" else found

    def _region(self, here: Here) -> str:
        if self.country_path:
            found = look_up(self.country_path, here)
            if found is not None:
                country = country_of(word_of(found))
                return country.alpha_2 if country else self.region
        return self.region


@lru_cache(maxsize=4096)
def e164(text: str, region: str) -> str | None:
    """None for what is no valid number."""
    try:
        found = phonenumbers.parse(text, region or None)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(found):
        return None
    return phonenumbers.format_number(found, phonenumbers.PhoneNumberFormat.E164)
