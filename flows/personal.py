"""Blanks what tells who a person is, in any vendor's shape. Pure: no Django inside."""

import re
from collections.abc import Collection
from typing import Any

# Whatever text stands below these is somebody's.
_WHOLE = re.compile(
    r"address|^customer$|^default_address$|^ship_?to$|^bill_?to$|^recipient$|^receiver$"
    r"|^note_attributes$|^client_details$",
    re.IGNORECASE,
)
_LEAF = re.compile(
    r"e_?mail|phone|mobile|^fax$|_ip$|^(first|last|full|given|family|middle|alt|entity)_?name$"
    r"|^addressee$|^attention$|^company(_?name)?$|^customer_?name$|^note$|^(customer_?)?memo$"
    r"|^(shipping|billing|ship|bill)_?(to_?)?"
    r"(name|company|city|state|province|region|zip|postcode|postal_?code|country|addr\w*)"
    r"|^addr(ess)?_?\d$",
    re.IGNORECASE,
)
_ID = re.compile(r"(^|_)(id|gid|reference)$|Id$")


def blank(document: Any, traits: Collection[str] = ()) -> Any:
    """The same shape without names, e-mail, phones and addresses; ids and sums stay.

    `traits` are texts, such as an e-mail address, that are blanked wherever they stand.
    """
    return _blank(document, [one for one in traits if one], is_personal=False)


def _blank(value: Any, traits: list[str], *, is_personal: bool) -> Any:
    if isinstance(value, dict):
        return {key: _field(str(key), found, traits, is_personal) for key, found in value.items()}
    if isinstance(value, list):
        return [_blank(one, traits, is_personal=is_personal) for one in value]
    if isinstance(value, str):
        return "" if is_personal else _without(value, traits)
    return value


def _field(key: str, value: Any, traits: list[str], is_personal: bool) -> Any:
    if _ID.search(key) and not isinstance(value, dict | list):
        return value
    is_leaf = not isinstance(value, dict | list) and bool(_LEAF.search(key))
    found = _blank(value, traits, is_personal=is_personal or is_leaf or bool(_WHOLE.search(key)))
    return None if is_leaf and isinstance(value, int | float) else found


def _without(text: str, traits: list[str]) -> str:
    for trait in traits:
        text = text.replace(trait, "")
    return text
