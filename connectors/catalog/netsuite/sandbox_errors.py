"""NetSuite's refusals, and the reading of what callers send: any case, any form of reference."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from connectors.sandbox.kit import Refuse, Reply

TITLES = {
    400: ("Bad Request", "1"),
    401: ("Unauthorized", "2"),
    403: ("Forbidden", "4"),
    404: ("Not Found", "5"),
    405: ("Method Not Allowed", "6"),
}
RFC = "https://www.w3.org/Protocols/rfc2616/rfc2616-sec10.html#sec10.4."
ACCESS = "Error while accessing a resource. "
BAD_LOGIN = (
    "Invalid login attempt. For more details, see the Login Audit Trail in the NetSuite UI at"
    " Setup > Users/Roles > User Management > View Login Audit Trail."
)


def error_reply(status: int, code: str, detail: str, path: str = "") -> Reply:
    title, section = TITLES.get(status, ("Error", "1"))
    details = {"detail": detail, "o:errorCode": code}
    if path:
        details["o:errorPath"] = path
    body = {"type": RFC + section, "title": title, "status": status, "o:errorDetails": [details]}
    kind = "application/vnd.oracle.resource+json; type=error"
    return Reply(status, body, content_type=kind)


def refuse(status: int, code: str, detail: str, path: str = "") -> Refuse:
    return Refuse(error_reply(status, code, detail, path))


def invalid(value: Any, field: str, path: str) -> Refuse:
    words = f"{ACCESS}Invalid Field Value {value} for the following field: {field}"
    return refuse(400, "INVALID_CONTENT", words, path)


def user_error(words: str, path: str = "") -> Refuse:
    return refuse(400, "USER_ERROR", ACCESS + words, path)


def missing(record: str) -> Refuse:
    words = "The record instance does not exist. Provide a valid record instance ID."
    return refuse(404, "NONEXISTENT_ID", words, record)


def lowered(value: Any) -> Any:
    """The same with every name in lower case: NetSuite reads names in any case."""
    if isinstance(value, Mapping):
        return {str(name).lower(): lowered(one) for name, one in value.items()}
    return [lowered(one) for one in value] if isinstance(value, list) else value


def number(value: Any, field: str, path: str) -> Decimal:
    try:
        if isinstance(value, bool):
            raise InvalidOperation
        return Decimal(str(value))
    except InvalidOperation:
        raise invalid(value, field, path) from None


def plain(value: Decimal) -> int | float:
    """A decimal as JSON shows it."""
    return int(value) if value == value.to_integral_value() else float(value)
