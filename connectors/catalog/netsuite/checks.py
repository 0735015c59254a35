"""The credential check, part by part: each says in a sentence what it found."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from connectors.catalog.netsuite.answers import NotThere
from connectors.catalog.netsuite.clock import zone_of
from connectors.catalog.netsuite.reads import RECORDS, document
from connectors.catalog.netsuite.records import line_field
from connectors.catalog.netsuite.suiteql import moment, query, rows_of
from connectors.errors import Rejected
from connectors.spec import Check, Context, Plan, Request, Response


def _login(context: Context) -> Plan[str]:
    rows = rows_of((yield query("SELECT COUNT(*) AS places FROM location")))
    return f"NetSuite answers; the account has {rows[0]['places']} locations."


def _environment(context: Context) -> Plan[str]:
    """The account id tells; there is nothing to ask."""
    account = str(context.settings.get("account_id") or "").upper()
    yield from ()
    if "_SB" in account or account.startswith("TSTDRV") or "_RP" in account:
        return f"{account} is a sandbox or development account."
    return f"{account} is a live account."


def _may_read(record: str, permission: str, level: str) -> Check:
    def plan(context: Context) -> Plan[str]:
        yield Request("GET", f"{RECORDS}/{record}", params={"limit": "1"})
        return f"The role has the permission {permission}."

    return Check(
        f"permission_{record.lower()}",
        f"Permission: {permission}",
        plan,
        kind="permission",
        mend=f"In NetSuite, Setup > Users/Roles > Manage Roles > Ekyam's role > Permissions: add"
        f" {permission}, level {level}.",
    )


def _line_column(context: Context) -> Plan[str]:
    name = line_field(context)
    try:
        yield query(
            f"SELECT MAX(l.{name}) AS newest FROM transactionline l WHERE l.transaction = -1"
        )
    except Rejected as error:
        words = f"Sales orders have no line column {name}: create it as the set-up guide says."
        raise Rejected(words, detail=error.detail) from error
    return f"Order lines keep their name in the column {name}."


def _chosen_records(context: Context) -> Plan[str]:
    """The items and the guest customer of the settings are there and active."""
    for name, record in (
        ("tax_item_id", "item"),
        ("discount_item_id", "item"),
        ("charge_item_id", "item"),
        ("guest_customer_id", "customer"),
        ("location_id", "location"),
    ):
        chosen = str(context.settings.get(name) or "")
        if chosen:
            yield from _check_chosen(name, record, chosen)
    return "The records chosen in the settings are there and active."


def _check_chosen(name: str, record: str, chosen: str) -> Plan[None]:
    if not chosen.isdigit():
        raise Rejected(f"{name}: «{chosen}» is not an internal id, which is a number.")
    sql = f"SELECT r.id, r.isinactive FROM {record} r WHERE r.id = {chosen}"
    rows = rows_of((yield query(sql)))
    if not rows or rows[0].get("isinactive") == "T":
        raise Rejected(f"{name}: NetSuite has no active {record} {chosen}.")


def _time_zone(context: Context) -> Plan[str]:
    """One order's last change, as SuiteQL shows it and as REST tells it in UTC."""
    sql = f"""SELECT t.id, {moment("t.lastmodifieddate")} AS changed FROM transaction t
        WHERE t.type = 'SalesOrd' ORDER BY t.id DESC"""
    rows = rows_of((yield query(sql, limit=1)))
    zone = zone_of(context.settings)
    if not rows:
        return f"There is no order yet to compare the time zone with; {zone.key} is assumed."
    try:
        answer: Response = yield document("salesOrder", rows[0]["id"], "lastModifiedDate")
    except NotThere:
        return f"The time zone could not be compared; {zone.key} is assumed."
    return _compare(answer.json(), datetime.fromisoformat(rows[0]["changed"]), context)


def _compare(order: Mapping[str, Any], shown: datetime, context: Context) -> str:
    zone = zone_of(context.settings)
    told = datetime.fromisoformat(str(order["lastModifiedDate"]).replace("Z", "+00:00"))
    away = (shown - told.astimezone(zone).replace(tzinfo=None)).total_seconds()
    if abs(away) > 120:
        hours = f"{away / 3600:+.2g} hours from {zone.key}"
        raise Rejected(f"The account's times are {hours}: correct its time zone in the settings.")
    return f"The account's times are those of {zone.key}."


_COMPANY = "Setup > Company > Company Information"

CHECKS = (
    Check(
        "login",
        "Credentials",
        _login,
        kind="credentials",
        mend="Compare the values with those of the integration, and see that the certificate or"
        " the token belongs to the user and the role made for Ekyam.",
    ),
    Check("environment", "Sandbox or live", _environment, kind="environment"),
    _may_read("salesOrder", "Transactions > Sales Order", "Edit"),
    _may_read("itemFulfillment", "Transactions > Item Fulfillment", "Create"),
    _may_read("inventoryAdjustment", "Transactions > Adjust Inventory", "Create"),
    _may_read("customer", "Lists > Customers", "Edit"),
    _may_read("inventoryItem", "Lists > Items", "View"),
    Check(
        "line_column",
        "The column that names order lines",
        _line_column,
        mend="Customization > Lists, Records & Fields > Transaction Line Fields > New: id"
        " _ekyam_line_id, Free-Form Text, on Sale Item and Item Fulfillment.",
    ),
    Check(
        "chosen_records",
        "The records chosen in the settings",
        _chosen_records,
        mend="Correct the number in the settings, or make the record active in NetSuite.",
    ),
    Check(
        "time_zone",
        "The account's time zone",
        _time_zone,
        mend=f"{_COMPANY} shows the time zone: choose the same one in the settings.",
    ),
)
