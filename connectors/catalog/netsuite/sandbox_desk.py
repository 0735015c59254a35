"""What people do in NetSuite's own screens, and the account's own truth."""

import copy
from datetime import timedelta
from decimal import Decimal
from typing import Any

from connectors.catalog.netsuite import sandbox_auth
from connectors.catalog.netsuite.sandbox_bulk import (
    bulk_of,
    find_item,
    find_level,
    find_sku,
    keep_bulk,
    levels_within,
    reserve_items,
)
from connectors.catalog.netsuite.sandbox_errors import lowered, plain, user_error
from connectors.catalog.netsuite.sandbox_fulfil import fulfil
from connectors.catalog.netsuite.sandbox_orders import (
    blank_order,
    by_external_id,
    change_stock,
    check_period,
    keep_order,
    new_number,
    stamp,
    today,
    write_order,
)
from connectors.catalog.netsuite.sandbox_seed import MAIN, blank_item, new_item_id, settings_of
from connectors.catalog.netsuite.sandbox_sql import STATUS_NAMES, mirror_of, renew_mirror, save
from connectors.sandbox.kit import control
from connectors.sandbox.world import Document, World


def _orders(world: World, arguments: Document) -> list[Document]:
    """One order by `id`, `reference` or `number`; several by `ids`; or `all`, copied to change."""
    table = world.table("salesOrder")
    found: list[Document | None]
    if arguments.get("all"):
        found = list(table.values())
    elif "ids" in arguments:
        found = [table.get(one) for one in arguments["ids"]]
    elif "reference" in arguments:
        found = [by_external_id(world, "salesOrder", str(arguments["reference"]))]
    elif "number" in arguments:
        found = list(table.where(tranId=arguments["number"]))
    else:
        found = [table.get(arguments.get("id"))]
    return [copy.deepcopy(one) for one in found if one is not None]


def _item(world: World, arguments: Document) -> Document:
    found = find_sku(world, arguments["sku"])
    if found is None:
        raise user_error(f"There is no item {arguments['sku']}.")
    return copy.deepcopy(found)


class Desk:
    """Controls answer with the numbers of what they changed."""

    @control("approve_orders")
    def approve_orders(self, world: World, arguments: Document) -> Document:
        pending = [order for order in _orders(world, arguments) if order["status"] == "A"]
        for order in pending:
            order["isApproved"] = True
            self._keep(world, order, "approve salesOrder")
        return {"approved": [order["tranId"] for order in pending]}

    @control("approve_order")
    def approve_order(self, world: World, arguments: Document) -> Any:
        return self.approve_orders(world, arguments)

    @control("close_order")
    def close_order(self, world: World, arguments: Document) -> Document:
        orders = _orders(world, arguments)
        for order in orders:
            for line in order["lines"]:
                line["isClosed"] = True
            self._keep(world, order, "close salesOrder")
        return {"closed": [order["tranId"] for order in orders]}

    @control("cancel_order")
    def cancel_order(self, world: World, arguments: Document) -> Document:
        orders = [order for order in _orders(world, arguments) if order["status"] in ("A", "B")]
        for order in orders:
            order["isCancelled"] = True
            self._keep(world, order, "cancel salesOrder")
        return {"cancelled": [order["tranId"] for order in orders]}

    @control("edit_order")
    def edit_order(self, world: World, arguments: Document) -> Document:
        """`body` is what a PATCH would take."""
        orders = _orders(world, arguments)
        for order in orders:
            write_order(world, order, lowered(arguments["body"]), set())
            self._keep(world, order, "edit salesOrder")
        return {"edited": [order["tranId"] for order in orders]}

    @control("add_order")
    def add_order(self, world: World, arguments: Document) -> Document:
        order = blank_order(world)
        write_order(world, order, lowered(arguments["body"]), set())
        self._keep(world, order, "enter salesOrder")
        return {"id": order["id"], "number": order["tranId"]}

    @control("fulfil_order")
    def fulfil_order(self, world: World, arguments: Document) -> Document:
        """`body` is what the transform would take; without one everything ships."""
        made = [
            fulfil(world, order, lowered(arguments.get("body") or {}))
            for order in _orders(world, arguments)
        ]
        return {"fulfilments": [one["tranId"] for one in made]}

    @control("bill_order")
    def bill_order(self, world: World, arguments: Document) -> Document:
        return {"invoices": [self.bill(world, one)["tranId"] for one in _orders(world, arguments)]}

    def bill(self, world: World, order: Document) -> Document:
        """An invoice of all that was fulfilled."""
        check_period(world, today(world))
        if order["status"] not in ("D", "E", "F"):
            raise user_error(f"You can not initialize invoice: invalid reference {order['id']}.")
        for line in order["lines"]:
            line["quantityBilled"] = line["quantityFulfilled"]
        made = {"id": str(world.next_id("_transaction", 1000)), "createdFrom": order["id"]}
        made["tranId"] = new_number(world, "_invoice", "INV", 301)
        world.table("invoice").put(made["id"], made)
        self._keep(world, order, "bill salesOrder")
        return made

    def _keep(self, world: World, order: Document, what: str) -> None:
        keep_order(world, order)
        world.journal(what, order["id"], reference=order.get("externalId"))

    @control("adjust_stock")
    def adjust_stock(self, world: World, arguments: Document) -> Document:
        """`by` or `to`, for a `sku` at a `location` (its id; the main one)."""
        item, place = _item(world, arguments), str(arguments.get("location", MAIN))
        key = f"{item['id']}-{place}"
        level = find_level(world, key) or {"onHand": 0}
        by = arguments["to"] - level["onHand"] if "to" in arguments else arguments["by"]
        change_stock(world, key, on_hand=by)
        return {"on_hand": (world.table("stock").get(key) or {})["onHand"]}

    @control("set_stock")
    def set_stock(self, world: World, arguments: Document) -> Document:
        """`on_hand` of a `sku` at a `location`."""
        found: Document = self.adjust_stock(world, {**arguments, "to": arguments["on_hand"]})
        return found

    @control("bulk")
    def bulk(self, world: World, arguments: Document) -> Document:
        """`count` items BULK-0000001..., as if they had lain there since yesterday: `quantity` of
        each at one `location`. Once in a world."""
        count, place = int(arguments["count"]), str(arguments.get("location", MAIN))
        known = bulk_of(world)
        if known is not None and (known["count"], known["location"]) != (count, place):
            raise user_error(f"There is a bulk of {known['count']} items already.")
        if known is None:
            before = (world.now() - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
            told = {"count": count, "quantity": arguments["quantity"], "location": place}
            made = {**told, "first": reserve_items(world, count), "at": before, "changes": []}
            known = keep_bulk(world, made)
            renew_mirror(world)
        return {"count": count, "first": str(known["first"])}

    @control("bulk_change")
    def bulk_change(self, world: World, arguments: Document) -> Document:
        """`quantity` of the items `from` ... `to` of the bulk, numbered from 1."""
        bulk = bulk_of(world)
        if bulk is None:
            raise user_error("There is no bulk.")
        before = int(bulk["first"]) - 1
        start, end = before + int(arguments["from"]), before + int(arguments["to"])
        change = [start, min(end, before + bulk["count"]), arguments["quantity"], stamp(world)]
        bulk["changes"].append(change)
        keep_bulk(world, bulk)
        mirror_of(world).change_bulk(*change)
        for level in levels_within(world, start, end, bulk["location"]):
            key = f"{level['item']}-{level['location']}"
            change_stock(world, key, on_hand=arguments["quantity"] - level["onHand"])
        return {"changed": change[1] - change[0] + 1}

    @control("add_item")
    def add_item(self, world: World, arguments: Document) -> Document:
        """`sku`, `title`, `price`, and any field of an item."""
        item = blank_item(world, new_item_id(world), arguments["sku"], arguments["title"])
        item.update({k: v for k, v in arguments.items() if k not in ("sku", "title", "stock")})
        save(world, "item", item)
        change_stock(world, f"{item['id']}-{MAIN}", on_hand=arguments.get("stock", 0))
        return {"id": item["id"]}

    @control("change_item")
    def change_item(self, world: World, arguments: Document) -> Document:
        """Any of `price`, `title`, `inactive`, for a `sku`."""
        item = _item(world, arguments)
        names = {"title": "displayName", "inactive": "isInactive", "price": "price"}
        item.update({names[k]: v for k, v in arguments.items() if k in names})
        item["lastModifiedDate"] = stamp(world)
        save(world, "item", item)
        return {"id": item["id"]}

    @control("connection_tba")
    def connection_tba(self, world: World, arguments: Document) -> Document:
        login = world.table("login").get("tba")
        return {"auth": "tba", "settings": settings_of(world), "credentials": login}

    @control("upload_certificate")
    def upload_certificate(self, world: World, arguments: Document) -> Document:
        """The public half, as PEM; answers with the certificate's id."""
        return {"certificate_id": sandbox_auth.add_certificate(world, arguments["public_key"])}

    def ledger(self, world: World) -> list[Document]:
        rows = [_order_row(world, one) for one in world.table("salesOrder")]
        rows += [_fulfilment_row(one) for one in world.table("itemFulfillment")]
        rows += [_adjustment_row(one) for one in world.table("inventoryAdjustment")]
        rows += [_customer_row(one) for one in world.table("customer")]
        return rows + [_item_row(world, one) for one in self._items(world)]

    def _items(self, world: World) -> list[Document]:
        """All items; of a bulk those that differ from it."""
        ids = [level["item"] for level in world.table("stock")]
        found = [
            find_item(world, one) for one in dict.fromkeys([*world.table("item").keys(), *ids])
        ]
        return [one for one in found if one is not None]


def _row(kind: str, one: Document, state: str, **more: Any) -> Document:
    return {
        "kind": kind,
        "id": one["id"],
        "label": one.get("tranId") or one.get("entityId") or one.get("itemId"),
        "reference": one.get("externalId"),
        "state": state,
        "at": one["lastModifiedDate"],
        **more,
    }


def _order_row(world: World, order: Document) -> Document:
    state = STATUS_NAMES[order["status"]].lower().replace(" ", "_").replace("/", "_")
    lines = [_line(world, line) for line in order["lines"]]
    more = {"total": order["total"], "lines": lines, "number": order.get("otherRefNum")}
    return _row("sales_order", order, state, customer=order["entity"], **more)


def _line(world: World, line: Document) -> Document:
    item = find_item(world, line["item"]) or {}
    kept = ("line", "quantity", "amount", "quantityFulfilled", "isClosed")
    shown = {name: line.get(name) for name in kept}
    return {
        **shown,
        "sku": item.get("itemId"),
        "reference": line["custom"].get("custcol_ekyam_line_id"),
    }


def _fulfilment_row(one: Document) -> Document:
    state = {"A": "picked", "B": "packed", "C": "shipped"}[one["shipStatus"]]
    tracking = [package["packageTrackingNumber"] for package in one["packages"]]
    lines = [{"line": line["orderLine"], "quantity": line["quantity"]} for line in one["lines"]]
    return _row(
        "item_fulfilment", one, state, order=one["createdFrom"], tracking=tracking, lines=lines
    )


def _adjustment_row(one: Document) -> Document:
    kept = ("lines", "memo", "account", "location", "custom")
    return _row("inventory_adjustment", one, "posted", **{name: one.get(name) for name in kept})


def _customer_row(one: Document) -> Document:
    state = "inactive" if one.get("isInactive") else "active"
    return _row("customer", one, state, email=one.get("email"))


def _item_row(world: World, item: Document) -> Document:
    level = find_level(world, f"{item['id']}-{MAIN}") or {}
    reserved, on_hand = Decimal(str(level.get("reserved", 0))), Decimal(str(level.get("onHand", 0)))
    more = {"price": item.get("price"), "on_hand": plain(on_hand)}
    state = "inactive" if item["isInactive"] else "active"
    return _row("item", item, state, available=plain(max(Decimal(0), on_hand - reserved)), **more)
