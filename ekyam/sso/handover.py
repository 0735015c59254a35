"""Carries a SAML response from the provider's form to a page of our own.

A form that another site posts comes without our cookie (SameSite=Lax), so without the session that
says what was asked for. The page that it is sent on to has it.
"""

import uuid

from django.core.cache import cache

from ekyam import vault
from ekyam.sso.failures import NotProven
from ekyam.sso.models import IdentityProvider
from ekyam.sso.saml_rules import MOST_CHARACTERS

KEPT_SECONDS = 60


def put(provider: IdentityProvider, encoded: str) -> str:
    """Keep it sealed for a minute; return where. Raises NotProven for what is too large."""
    if not 0 < len(encoded) <= MOST_CHARACTERS:
        raise NotProven("The response is missing, or too large.")
    place = uuid.uuid4()
    cache.set(_key(place), vault.seal(encoded, **_place(provider, place)), KEPT_SECONDS)
    return place.hex


def take(provider: IdentityProvider, where: str) -> str:
    """Return it, once. Raises NotProven."""
    try:
        place = uuid.UUID(hex=where)
        sealed = cache.get(_key(place))
        # Whoever deletes it is the one who has it.
        if sealed is not None and cache.delete(_key(place)):
            return vault.open(sealed, **_place(provider, place)).decode()
    except (ValueError, vault.VaultError) as error:
        raise NotProven("The response was brought to the wrong place.") from error
    raise NotProven("The response comes too late, or was used before.")


def _key(place: uuid.UUID) -> str:
    return f"sso:handover:{place.hex}"


def _place(provider: IdentityProvider, place: uuid.UUID) -> vault.Place:
    return {"tenant": provider.tenant_id, "table": "handover", "row": place, "column": "response"}
