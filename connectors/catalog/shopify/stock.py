"""Setting stock: absolute, compared with what Shopify held, many levels in one request."""

import dataclasses
import hashlib
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import Any

import msgspec

from connectors.catalog.shopify import mutations, queries
from connectors.catalog.shopify.calls import (
    ask,
    data_of,
    gid,
    graphql,
    number_of,
    refuse_user_errors,
    user_errors,
)
from connectors.catalog.shopify.products import sku_query
from connectors.errors import Failure, Rejected, Stale, Unreachable
from connectors.spec import Context, Entry, Plan, Response, Written

MOST = 250  # rows in one request: Shopify's limit for any list
SKUS = 100  # names in one search
HELD = "nothing to change"
Outcomes = dict[int, Written | Failure]
Node = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Row:
    """One entry on its way: `place` is its index, `item` and `location` are Shopify's numbers.

    `holds` is what Shopify holds, None where it has no such level; `is_read`: it was just read.
    """

    place: int
    sku: str
    location: str
    quantity: int
    version: str = ""
    item: str = ""
    holds: int | None = None
    is_read: bool = False

    @property
    def level(self) -> str:
        return f"{self.item}-{self.location}"


def set_quantities(body: Any, record: Any, context: Context) -> Plan[Written]:
    (outcome,) = yield from set_many([Entry(body, record, context)])
    if isinstance(outcome, Failure):
        raise outcome
    return outcome


def set_many(entries: Sequence[Entry]) -> Plan[Sequence[Written | Failure]]:
    """What is not known yet is looked up; the rest is one request, again without what it refuses.

    Shopify writes all rows or none, so a request that was refused has written nothing.
    """
    told: Outcomes = {}
    kinds: dict[tuple[str, str], list[Row]] = {}
    for place, entry in enumerate(entries):
        kind = (entry.body["name"], entry.body["reason"])
        kinds.setdefault(kind, []).append(_row(place, entry))
    for (name, reason), rows in kinds.items():
        batch = _Batch(name, reason, entries[0].context)
        told |= yield from batch.run(rows)
    return [told[place] for place in range(len(entries))]


def _row(place: int, entry: Entry) -> Row:
    """With its item where both the level and what it holds are known."""
    body, context = entry.body, entry.context
    version = str(getattr(entry.record, "updated_at", None) or "")
    row = Row(place, body["sku"], str(body["location"]), body["quantity"], version)
    item, _, location = context.record_id.partition("-")
    if context.known is None or not item or location != row.location:
        return row
    return dataclasses.replace(row, item=item, holds=int(context.known))


@dataclass(frozen=True, slots=True)
class _Batch:
    """Rows that are set under one name of quantity, for one reason."""

    name: str
    reason: str
    context: Context

    def run(self, rows: Sequence[Row]) -> Generator[Any, Any, Outcomes]:
        rows, told = _without_strangers(rows)
        rows, more = _without_twins(rows, lambda row: (row.sku, row.location), _twice)
        told |= more
        found, more = yield from self._aim([row for row in rows if not row.item])
        rows, told = [*found, *(row for row in rows if row.item)], told | more
        return told | (yield from self._write(rows))

    def _write(self, rows: Sequence[Row]) -> Generator[Any, Any, Outcomes]:
        told: Outcomes = {}
        salt = ""
        while True:
            rows, more = _without_twins(rows, lambda row: row.level, _shared)
            rows, equal = _without_equal(rows)
            told |= more | equal
            if not rows:
                return told
            payload, is_old = yield from self._send(rows, salt)
            errors = user_errors(payload)
            codes = {error.get("code") for error in errors}
            if "IDEMPOTENCY_CONCURRENT_REQUEST" in codes:
                raise Unreachable("Shopify is still at work on the same request.", sent=False)
            if "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED" in codes or (is_old and not salt):
                if salt:
                    raise Unreachable("Shopify takes the request for an older one.", sent=False)
                salt = f"{self.context.now}"
                if is_old:
                    rows, more = yield from self._read_again(rows)
                    told |= more
            elif errors:
                rows, more = yield from self._sort_out(rows, _by_row(errors, len(rows)))
                told |= more
            else:
                return told | {row.place: _written(row) for row in rows}

    def _send(self, rows: Sequence[Row], salt: str) -> Generator[Any, Any, tuple[Node, bool]]:
        """The payload, and whether it is the answer to a request of long ago."""
        quantities = [
            {
                "inventoryItemId": gid("InventoryItem", row.item),
                "locationId": gid("Location", row.location),
                "quantity": row.quantity,
                "changeFromQuantity": row.holds,
            }
            for row in rows
        ]
        fields = {"name": self.name, "reason": self.reason, "quantities": quantities}
        key = idempotency_key(fields, [row.version for row in rows], salt)
        variables = {"input": fields, "key": key}
        response = yield graphql(mutations.SET_INVENTORY, variables, self.context, writes=True)
        payload = data_of(response)["inventorySetQuantities"] or {}
        return payload, _is_old(payload, response)

    def _sort_out(
        self, rows: Sequence[Row], refused: Mapping[int, Node]
    ) -> Generator[Any, Any, tuple[list[Row], Outcomes]]:
        """What can be sent again, and what became of the rest."""
        again = [row for place, row in enumerate(rows) if place not in refused]
        stale = [rows[place] for place in refused if _code(refused[place]) in _STALE]
        gone = [rows[place] for place in refused if _is_gone(rows[place], refused[place])]
        told: Outcomes = {
            rows[place].place: _refusal(rows[place], error) for place, error in refused.items()
        }
        for row in (*stale, *gone):
            told.pop(row.place)
        if stale:
            unstocked, more = yield from self._read_again(stale, was_stale=True)
            again, told = [*again, *unstocked], told | more
        found, more = yield from self._aim(gone)  # its SKU may have moved to a new variant
        return [*again, *found], told | more

    def _aim(self, rows: Sequence[Row]) -> Generator[Any, Any, tuple[list[Row], Outcomes]]:
        """The rows with the items that have their SKUs, and why the others have none."""
        found: list[Row] = []
        told: Outcomes = {}
        for location, here in _by_location(rows):
            skus = list(dict.fromkeys(row.sku for row in here))
            items: dict[str, dict[str, Node]] = {}
            for start in range(0, len(skus), SKUS):
                for node in (yield from self._search(skus[start : start + SKUS], location)):
                    same = items.setdefault((node["sku"] or "").strip(), {})
                    same[node["inventoryItem"]["id"]] = node["inventoryItem"]
            for row in here:
                aimed = self._aimed(row, list(items.get(row.sku, {}).values()))
                if isinstance(aimed, Row):
                    found.append(aimed)
                else:
                    told[row.place] = aimed
        return found, told

    def _search(self, skus: Sequence[str], location: str) -> Generator[Any, Any, list[Node]]:
        query = " OR ".join(sku_query(sku) for sku in skus)
        place = gid("Location", location)
        found: list[Node] = []
        after = None
        while True:
            variables = {"query": query, "location": place, "name": self.name, "after": after}
            data = yield from ask(queries.INVENTORY_BY_SKU, variables, self.context, cost=46)
            found += data["productVariants"]["nodes"]
            page = data["productVariants"]["pageInfo"]
            if not page["hasNextPage"]:
                return found
            after = page["endCursor"]

    def _aimed(self, row: Row, items: Sequence[Node]) -> Row | Rejected:
        if not items and row.item:
            return _deleted(row)
        if not items:
            return Rejected(
                f"No variant in Shopify has the SKU {row.sku}: create it there, or correct the SKU."
            )
        if len(items) > 1:
            return Rejected(
                f"{len(items)} variants in Shopify have the SKU {row.sku}, and which one is meant"
                " is not known: give each a SKU of its own."
            )
        return self._holding(row, items[0])

    def _holding(self, row: Row, item: Node) -> Row | Rejected:
        """The row, with what was read of its item."""
        if not item["tracked"]:
            return Rejected(
                f"Shopify does not track the stock of {row.sku}: turn that on at the variant."
            )
        level = item["inventoryLevel"] or {"quantities": ()}
        held = {one["name"]: one["quantity"] for one in level["quantities"]}.get(self.name)
        return dataclasses.replace(row, item=number_of(item["id"]), holds=held, is_read=True)

    def _read_again(
        self, rows: Sequence[Row], was_stale: bool = False
    ) -> Generator[Any, Any, tuple[list[Row], Outcomes]]:
        """The rows that may be sent as they were thought, and what became of the others."""
        again: list[Row] = []
        told: Outcomes = {}
        for location, here in _by_location(rows):
            ids = [gid("InventoryItem", row.item) for row in here]
            variables = {"ids": ids, "location": gid("Location", location), "name": self.name}
            cost = 3.0 * len(ids)
            data = yield from ask(queries.INVENTORY_NOW, variables, self.context, cost=cost)
            items = {node["id"]: node for node in data["nodes"] if node}
            for row, item_id in zip(here, ids, strict=True):
                item = items.get(item_id)
                now = self._holding(row, item) if item else _deleted(row)
                if not isinstance(now, Row):
                    told[row.place] = now
                elif now.holds is None or (now.holds == row.holds and not was_stale):
                    again.append(now)
                else:
                    told[row.place] = _seen(now, row.holds)
        return again, told


def idempotency_key(fields: Mapping[str, Any], versions: Sequence[str], salt: str = "") -> str:
    """The same for a repeat of the same rows, read from the same records."""
    text = msgspec.json.encode([fields, versions, salt])
    return hashlib.sha256(text).hexdigest()[:36]


def _is_old(payload: Node, response: Response) -> bool:
    """Within a day Shopify answers a key that it knows as it did then, and writes nothing: right
    for a repeat, wrong where a level has meanwhile gone back to what it was."""
    group, said_at = payload.get("inventoryAdjustmentGroup"), response.headers.get("date")
    if not group or not said_at:
        return False
    made_at = datetime.fromisoformat(group["createdAt"].replace("Z", "+00:00"))
    return parsedate_to_datetime(said_at) - made_at > timedelta(seconds=2)


# --- What becomes of a row ------------------------------------------------------------------


def _written(row: Row, note: str = "") -> Written:
    return Written(row.level, label=row.sku, note=note)


def _seen(row: Row, believed: int | None) -> Written | Stale:
    if row.holds == row.quantity:
        return _written(row, HELD)
    words = f"Shopify holds {row.holds} of {row.sku} at location {row.location}, not {believed}."
    return Stale(words, holds=Decimal(row.holds or 0), record_id=row.level)


def _deleted(row: Row) -> Rejected:
    return Rejected(
        f"The variant of SKU {row.sku} was deleted in Shopify: create it again there with this"
        " SKU, or take it out of what is sent.",
        detail=f"inventory item {row.item}",
    )


_STALE = ("CHANGE_FROM_QUANTITY_STALE", "COMPARE_QUANTITY_STALE")
_REMEDIES = {
    "INVALID_LOCATION": (
        "Shopify has no active location {location} for the SKU {sku}: activate it there, or map"
        " the warehouse to another location"
    ),
    "ITEM_NOT_STOCKED_AT_LOCATION": (
        "The SKU {sku} is not stocked at Shopify's location {location}: stock it there, at the"
        " variant under «Inventory»"
    ),
    "INVALID_QUANTITY_TOO_HIGH": (
        "{quantity} of the SKU {sku} is more than Shopify takes: correct it in the source"
    ),
    "INVALID_QUANTITY_TOO_LOW": (
        "{quantity} of the SKU {sku} is less than Shopify takes: correct it in the source"
    ),
    "INVALID_QUANTITY_NEGATIVE": (
        "{quantity} of the SKU {sku} is less than nothing: correct it in the source"
    ),
    "NON_MUTABLE_INVENTORY_ITEM": (
        "Shopify works the stock of the SKU {sku} out by itself, as it does for a bundle: take it"
        " out of what is sent"
    ),
}


def _refusal(row: Row, error: Node) -> Rejected:
    if _code(error) == "INVALID_INVENTORY_ITEM":
        return _deleted(row)
    said = str(error.get("message"))
    remedy = _REMEDIES.get(_code(error), "Shopify refused the stock of the SKU {sku}")
    words = remedy.format(sku=row.sku, location=row.location, quantity=row.quantity)
    fields = {".".join(error.get("field") or ()): said}
    return Rejected(f"{words}. Shopify says: {said}", fields=fields, detail=_code(error))


def _code(error: Node) -> str:
    return str(error.get("code") or "")


def _is_gone(row: Row, error: Node) -> bool:
    return _code(error) == "INVALID_INVENTORY_ITEM" and not row.is_read


def _by_row(errors: Sequence[Node], count: int) -> dict[int, Node]:
    """The first error of each row; one that names no row is raised for all."""
    found: dict[int, Node] = {}
    for error in errors:
        path = [*(error.get("field") or ()), "", "", ""]
        if path[1] != "quantities" or not path[2].isdigit() or int(path[2]) >= count:
            refuse_user_errors({"userErrors": errors}, "the stock")
        found.setdefault(int(path[2]), error)
    return found


# --- Before anything is sent ----------------------------------------------------------------


def _by_location(rows: Iterable[Row]) -> list[tuple[str, list[Row]]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row.location, []).append(row)
    return list(found.items())


def _without_strangers(rows: Sequence[Row]) -> tuple[list[Row], Outcomes]:
    """One number that is none would have Shopify refuse the whole request."""
    told: Outcomes = {
        row.place: Rejected(
            f"«{row.location}», where {row.sku} is to be set, is no number of a Shopify location:"
            " map the warehouse to one."
        )
        for row in rows
        if not row.location.isdigit()
    }
    return [row for row in rows if row.place not in told], told


def _without_equal(rows: Sequence[Row]) -> tuple[list[Row], Outcomes]:
    """What was just read and is as it should be needs no writing."""
    equal = {row.place for row in rows if row.is_read and row.holds == row.quantity}
    told: Outcomes = {row.place: _written(row, HELD) for row in rows if row.place in equal}
    return [row for row in rows if row.place not in equal], told


def _without_twins(
    rows: Sequence[Row], by: Callable[[Row], Any], refusal: Callable[[Sequence[Row]], Rejected]
) -> tuple[list[Row], Outcomes]:
    """Rows that aim at the same thing are all refused: which one is right is not ours to say."""
    groups: dict[Any, list[Row]] = {}
    for row in rows:
        groups.setdefault(by(row), []).append(row)
    twins = [group for group in groups.values() if len(group) > 1]
    told: Outcomes = {row.place: refusal(group) for group in twins for row in group}
    return [row for row in rows if row.place not in told], told


def _twice(rows: Sequence[Row]) -> Rejected:
    asked = " and to ".join(str(row.quantity) for row in rows)
    return Rejected(
        f"The stock of the SKU {rows[0].sku} at location {rows[0].location} was to be set to"
        f" {asked} at once: let one record of the source tell it."
    )


def _shared(rows: Sequence[Row]) -> Rejected:
    skus = " and ".join(row.sku for row in rows)
    return Rejected(
        f"The SKUs {skus} claim the same inventory item {rows[0].item} of Shopify: correct the"
        " SKUs, or take one of them out of what is sent."
    )
