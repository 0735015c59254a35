"""A NetSuite account over SuiteTalk REST: login, SuiteQL, the record API, and its people's screens.

Settings beside those of the sandbox_* modules: `concurrency` (5), `location_on_upsert` (True: an
update by eid answers a Location header too), `refuse_same_email` (False), `forbidden` (record
names that the role may not touch), `forbidden_status` (403; 400 in some accounts).
"""

import copy
import re
from collections.abc import Mapping
from typing import Any

from connectors.catalog.netsuite import sandbox_auth, sandbox_orders, sandbox_views
from connectors.catalog.netsuite.sandbox_bulk import find_item
from connectors.catalog.netsuite.sandbox_desk import Desk
from connectors.catalog.netsuite.sandbox_errors import (
    error_reply,
    invalid,
    lowered,
    missing,
    refuse,
    user_error,
)
from connectors.catalog.netsuite.sandbox_fulfil import fulfil
from connectors.catalog.netsuite.sandbox_others import write_adjustment, write_customer
from connectors.catalog.netsuite.sandbox_seed import seed_world, settings_of
from connectors.catalog.netsuite.sandbox_sql import forget, mirror_of
from connectors.sandbox.kit import Call, Reply, Sandbox, route
from connectors.sandbox.world import Document, World

RECORD = "/services/rest/record/v1"
SHOWN = {
    "salesOrder": sandbox_views.show_order,
    "itemFulfillment": sandbox_views.show_fulfilment,
    "customer": sandbox_views.show_customer,
    "inventoryItem": sandbox_views.show_item,
    "inventoryAdjustment": sandbox_views.show_adjustment,
}
NAMES = {name.lower(): name for name in SHOWN}
TABLES = {"inventoryItem": "item"}
MOST = 1000


class NetSuite(Desk, Sandbox):
    slug = "netsuite"

    def seed(self, world: World) -> None:
        seed_world(world)

    def connection(self, world: World) -> dict[str, Any]:
        login = world.table("login").get("oauth2")
        return {"auth": "oauth2", "settings": settings_of(world), "credentials": login}

    def admit(self, world: World, call: Call, path: str, in_flight: int) -> Reply | None:
        if in_flight <= int(world.setting("concurrency", 5)) or "/auth/" in path:
            return None
        words = "Concurrent request limit exceeded. Request blocked."
        return error_reply(429, "CONCURRENCY_LIMIT_EXCEEDED", words)

    @route("POST", "/services/rest/auth/oauth2/v1/token")
    def token(self, world: World, call: Call) -> Reply:
        return sandbox_auth.give_token(world, call)

    @route("POST", "/services/rest/query/v1/suiteql")
    def suiteql(self, world: World, call: Call) -> Document:
        sandbox_auth.check_login(world, call)
        if call.headers.get("prefer", "").lower() != "transient":
            words = "Provide a valid value for the Prefer header: transient."
            raise refuse(400, "INVALID_HEADER", words)
        limit, offset = _page(call)
        sql = str((_body(call) or {}).get("q") or "")
        rows, total = mirror_of(world).select(sql, limit, offset)
        home = sandbox_views.home(world).replace("/record/v1", "/query/v1/suiteql")
        return sandbox_views.page_of(home, rows, total, limit, offset)

    @route("GET", RECORD + "/{record}")
    def list_records(self, world: World, call: Call, record: str) -> Document:
        name = _record(world, call, record)
        limit, offset = _page(call)
        found = _filtered(world, TABLES.get(name, name), call.query.get("q", ""))
        return sandbox_views.show_page(world, name, found, limit, offset)

    @route("GET", RECORD + "/{record}/{key}")
    def read_record(self, world: World, call: Call, record: str, key: str) -> Document:
        name = _record(world, call, record)
        found = _find(world, TABLES.get(name, name), key)
        if found is None:
            raise missing(name)
        is_open = call.query.get("expandSubResources", "").lower() == "true"
        shown = SHOWN[name](world, found, is_open)
        return sandbox_views.only(shown, call.query.get("fields", "").split(","))

    @route("POST", RECORD + "/{record}")
    def create_record(self, world: World, call: Call, record: str) -> Reply:
        name = _record(world, call, record)
        body = _body(call)
        external_id = str(body.get("externalid") or "")
        if external_id and sandbox_orders.by_external_id(world, name, external_id):
            raise user_error("This record already exists. The external ID is in use.", "externalId")
        made = _write(world, call, name, None, body, external_id)
        return _written(world, name, made)

    @route("PUT", RECORD + "/{record}/{key}")
    def upsert_record(self, world: World, call: Call, record: str, key: str) -> Reply:
        name = _record(world, call, record)
        if not key.lower().startswith("eid:"):
            raise refuse(405, "METHOD_NOT_ALLOWED", "PUT is by eid: only.")
        external_id = key[4:]
        if not re.fullmatch(r"[A-Za-z0-9_-]+", external_id):
            raise invalid(external_id, "externalId", "externalId")
        found = sandbox_orders.by_external_id(world, name, external_id)
        made = _write(world, call, name, found, _body(call), external_id)
        if found and not world.setting("location_on_upsert", True):
            return Reply(204)
        return _written(world, name, made)

    @route("PATCH", RECORD + "/{record}/{key}")
    def change_record(self, world: World, call: Call, record: str, key: str) -> Reply:
        name = _record(world, call, record)
        found = _find(world, TABLES.get(name, name), key)
        if found is None:
            raise missing(name)
        body = _body(call)
        _write(world, call, name, found, body, str(body.get("externalid") or ""))
        return Reply(204)

    @route("DELETE", RECORD + "/{record}/{key}")
    def delete_record(self, world: World, call: Call, record: str, key: str) -> Reply:
        name = _record(world, call, record)
        found = _find(world, TABLES.get(name, name), key)
        if found is None:
            raise missing(name)
        if name != "salesOrder" or any(line["quantityFulfilled"] for line in found["lines"]):
            words = "This record cannot be deleted because it has dependent records."
            raise user_error(words)
        for line in found["lines"]:
            line["isClosed"] = True
        sandbox_orders.keep_order(world, found)
        forget(world, name, found)
        world.table("_external").delete(f"{name}/{found.get('externalId')}")
        world.journal(f"delete {name}", found["id"], reference=found.get("externalId"))
        return Reply(204)

    @route("POST", RECORD + "/{record}/{key}/!transform/{target}")
    def transform(self, world: World, call: Call, record: str, key: str, target: str) -> Reply:
        name = _record(world, call, record)
        if name != "salesOrder" or target.lower() not in ("itemfulfillment", "invoice"):
            raise missing(f"{record}/!transform/{target}")
        found = _find(world, name, key)
        if found is None:
            raise missing(name)
        if target.lower() == "invoice":
            return _written(world, "invoice", self.bill(world, copy.deepcopy(found)))
        _refuse_forbidden(world, "itemFulfillment")
        body = _body(call) or {}
        made = fulfil(world, copy.deepcopy(found), body)
        reference = made.get("externalId")
        world.journal("create itemFulfillment", made["id"], reference=reference, order=found["id"])
        return _written(world, "itemFulfillment", made)


def _record(world: World, call: Call, name: str) -> str:
    """The record's proper name, once the login holds and the role may."""
    sandbox_auth.check_login(world, call)
    found = NAMES.get(name.lower())
    if found is None:
        words = f"Record type '{name}' does not exist."
        raise refuse(404, "NONEXISTENT_ID", words, name)
    _refuse_forbidden(world, found)
    return found


def _refuse_forbidden(world: World, name: str) -> None:
    if name in world.setting("forbidden", []):
        words = f"Permission Violation: You need the permission for {name} to access this page."
        status = int(world.setting("forbidden_status", 403))
        raise refuse(status, "INSUFFICIENT_PERMISSION" if status == 403 else "USER_ERROR", words)


def _body(call: Call) -> Any:
    try:
        body = lowered(call.json())
    except ValueError:
        body = None
    if not isinstance(body, Mapping):
        raise refuse(400, "INVALID_CONTENT", "Invalid content in the request body.")
    return body


def _page(call: Call) -> tuple[int, int]:
    try:
        limit, offset = int(call.query.get("limit", MOST)), int(call.query.get("offset", 0))
    except ValueError:
        limit, offset = 0, 0
    if not 0 < limit <= MOST:
        raise refuse(400, "INVALID_PARAMETER", f"Limit must be between 1 and {MOST}.")
    if offset % limit:
        words = "Offset must be a multiple of the limit."
        raise refuse(400, "INVALID_PARAMETER", words)
    return limit, offset


def _filtered(world: World, table: str, condition: str) -> list[str]:
    """Ids, all or by `field IS "text"`; other conditions are not simulated, and refused."""
    rows = world.table(table)
    if not condition:
        return [row["id"] for row in rows]
    asked = re.fullmatch(r'(\w+) IS "([^"]*)"', condition.strip())
    if asked is None:
        raise refuse(400, "INVALID_PARAMETER", f"Invalid query filter: {condition}")
    field, value = asked[1].lower(), asked[2]
    return [row["id"] for row in rows if str(lowered(row).get(field, "")) == value]


def _find(world: World, table: str, key: str) -> Document | None:
    if key.lower().startswith("eid:"):
        return sandbox_orders.by_external_id(world, table, key[4:])
    if table == "item":
        return find_item(world, key)
    return world.table(table).get(key)


def _written(world: World, name: str, made: Document) -> Reply:
    return Reply(204, headers={"Location": f"{sandbox_views.home(world)}/{name}/{made['id']}"})


def _write(
    world: World, call: Call, name: str, found: Document | None, body: Any, external_id: str
) -> Document:
    """Create or change one record; a refusal leaves everything as it was."""
    replace = {part.strip().lower() for part in call.query.get("replace", "").split(",")}
    mode = call.headers.get("x-netsuite-propertynamevalidation", "warning")
    if name == "salesOrder":
        sandbox_orders.check_names(body, mode)
        made = copy.deepcopy(found) if found else sandbox_orders.blank_order(world)
        sandbox_orders.write_order(world, made, body, replace)
        made["externalId"] = external_id or made.get("externalId")
        sandbox_orders.keep_order(world, made)
    elif name == "customer":
        made = write_customer(world, copy.deepcopy(found), body, replace, external_id)
    elif name == "inventoryAdjustment" and found is None:
        made = write_adjustment(world, body, external_id)
    else:
        raise refuse(405, "METHOD_NOT_ALLOWED", f"{name} cannot be written so.")
    if external_id:
        sandbox_orders.claim(world, name, made, external_id)
    what = "update" if found else "create"
    world.journal(f"{what} {name}", made["id"], reference=made.get("externalId"))
    return made


SANDBOX = NetSuite()
