"""SuiteQL over an SQLite mirror of the world: real SQL over the documented tables.

Settings: `account_time_zone` (UTC), in which times are shown; `feed_share` (1.0): stock is shown of
that share of the items only, as a sick feed does.
"""

import re
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any
from weakref import WeakKeyDictionary
from zoneinfo import ZoneInfo

from connectors.catalog.netsuite.sandbox_bulk import PRICE, bulk_of, find_item
from connectors.catalog.netsuite.sandbox_counts import Counts
from connectors.catalog.netsuite.sandbox_errors import plain, refuse
from connectors.catalog.netsuite.sandbox_rows import DATE, VIEWS, Rows
from connectors.sandbox.world import Document, World

TABLES = {
    "transaction": "id INTEGER PRIMARY KEY, tranid, type, trandate, status, entity INTEGER,"
    " externalid, createddate, lastmodifieddate, otherrefnum, foreigntotal REAL, memo",
    "transactionline": '"transaction" INTEGER, id INTEGER, linesequencenumber INTEGER, mainline,'
    " taxline, item INTEGER, itemtype, quantity REAL, quantityshiprecv REAL, quantitybilled REAL,"
    " location INTEGER, isclosed, createdfrom INTEGER, rate REAL, netamount REAL, memo",
    "item": "id INTEGER PRIMARY KEY, itemid, fullname, displayname, storedescription, itemtype,"
    " upccode, isinactive, weight REAL, weightunit INTEGER, externalid, parent INTEGER, matrixtype,"
    " cost REAL, lastmodifieddate",
    "itemprice": "item INTEGER, pricelevel INTEGER, price REAL",
    "location": "id INTEGER PRIMARY KEY, name, fullname, isinactive, subsidiary INTEGER",
    "customer": "id INTEGER PRIMARY KEY, entityid, email, firstname, lastname, companyname, phone,"
    " isperson, isinactive, externalid, lastmodifieddate",
    "aggregateitemlocation": "item INTEGER, location INTEGER, quantityonhand REAL,"
    " quantityavailable REAL, quantitycommitted REAL, quantityonorder REAL,"
    " quantitybackordered REAL, lastquantityavailablechange",
    "dual": "dummy",
}
STOCK = "aggregateitemlocation"
INDEXES = (
    ("transaction", "type, lastmodifieddate"),
    ("transactionline", '"transaction"'),
    ("item", "itemid"),
    ("item", "externalid"),
    ("item", "parent"),
    ("itemprice", "item"),
    (STOCK, "item, location"),
    (STOCK, "lastquantityavailablechange"),
)
BULK = "WITH RECURSIVE bulk (k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM bulk WHERE k < :count)"
BULK_ROWS = (
    f"""INSERT INTO item (id, itemid, fullname, displayname, itemtype, isinactive, lastmodifieddate)
    {BULK} SELECT :first - 1 + k, printf('BULK-%07d', k), printf('BULK-%07d', k),
    printf('Bulk %d', k), 'InvtPart', 'F', :at FROM bulk""",
    f"""INSERT INTO itemprice (item, pricelevel, price)
    {BULK} SELECT :first - 1 + k, 1, :price FROM bulk""",
    f"""INSERT INTO {STOCK} (item, location, quantityonhand, quantityavailable, quantitycommitted,
    quantityonorder, quantitybackordered, lastquantityavailablechange)
    {BULK} SELECT :first - 1 + k, :location, :quantity, max(0.0, :quantity), 0.0, 0.0, 0.0, :at
    FROM bulk""",
)
WEIGHT_UNITS = {1: "lb", 2: "oz", 3: "kg", 4: "g"}
STATUS_NAMES = {
    "A": "Pending Approval",
    "B": "Pending Fulfillment",
    "C": "Cancelled",
    "D": "Partially Fulfilled",
    "E": "Pending Billing/Partially Fulfilled",
    "F": "Pending Billing",
    "G": "Billed",
    "H": "Closed",
}
_mirrors: WeakKeyDictionary[World, "Mirror"] = WeakKeyDictionary()


def mirror_of(world: World) -> "Mirror":
    """The world's tables as SQL sees them, made again when the columns or the zone changed."""
    shape = (
        str(world.setting("account_time_zone", "UTC")),
        tuple(world.setting("custom_columns", ["custcol_ekyam_line_id"])),
        tuple(world.setting("item_columns", ["custitem_size"])),
    )
    found = _mirrors.get(world)
    if found is None or found.shape != shape:
        found = _mirrors[world] = Mirror(world, shape)
    return found


def renew_mirror(world: World) -> None:
    """Made again when it is next asked."""
    _mirrors.pop(world, None)


def save(world: World, kind: str, document: Document, key: str = "") -> None:
    """Keep a document, and show it to SQL."""
    world.table(kind).put(key or document["id"], document)
    if world in _mirrors:
        mirror_of(world).show(kind, document)


def forget(world: World, kind: str, document: Document) -> None:
    if world in _mirrors:
        mirror_of(world).hide(kind, document)
    world.table(kind).delete(document["id"])


class Mirror:
    def __init__(self, world: World, shape: tuple[str, tuple[str, ...], tuple[str, ...]]) -> None:
        self.shape = shape
        self.zone, self.line_columns, self.item_columns = ZoneInfo(shape[0]), shape[1], shape[2]
        self._world = world
        self._db = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        extra = {"transactionline": self.line_columns, "item": self.item_columns}
        for table, columns in TABLES.items():
            more = "".join(f", {name}" for name in extra.get(table, ()))
            self._db.execute(f'CREATE TABLE "{table}" ({columns}{more})')
        self._db.execute("INSERT INTO dual VALUES ('X')")
        self._changes: Counter[str] = Counter()
        self._counts = Counts(self._db, self._changes)
        self._register()
        self.show_bulk()
        for number, (table, column) in enumerate(INDEXES):
            self._db.execute(f'CREATE INDEX "index_{number}" ON "{table}" ({column})')
        for kind in VIEWS:
            for document in world.table(kind):
                self.show(kind, document)

    def _register(self) -> None:
        def now() -> str:
            return self.time(datetime.now(UTC).isoformat())

        functions: tuple[tuple[str, int, Callable[..., Any]], ...] = (
            ("TO_CHAR", 2, _to_char),
            ("TO_DATE", 2, _to_date),
            ("BUILTIN_DF", 2, self._display),
            ("SYSDATE", 0, now),
        )
        for name, count, function in functions:
            self._db.create_function(name, count, function, deterministic=name != "SYSDATE")

    def time(self, text: str) -> str:
        """A stored UTC time as the account's wall clock."""
        local = datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(self.zone)
        return DATE + local.strftime("%Y-%m-%d %H:%M:%S")

    def show(self, kind: str, document: Document) -> None:
        for table, key, rows in self._rows_of(kind, document):
            gone = self._delete(table, key)
            for row in rows:
                names = ", ".join(f'"{name}"' for name in row)
                marks = ", ".join("?" * len(row))
                self._db.execute(
                    f'INSERT INTO "{table}" ({names}) VALUES ({marks})', tuple(row.values())
                )
            # A level that was there and has only other quantities is no other row.
            self._changes["quantity" if table == STOCK and gone == len(rows) else table] += 1

    def hide(self, kind: str, document: Document) -> None:
        for table, key, _ in self._rows_of(kind, document):
            self._delete(table, key)
            self._changes[table] += 1

    def _delete(self, table: str, key: dict[str, Any]) -> int:
        where = " AND ".join(f'"{name}" = ?' for name in key)
        gone = self._db.execute(f'DELETE FROM "{table}" WHERE {where}', tuple(key.values()))
        return gone.rowcount

    def show_bulk(self) -> None:
        """The items that no document tells, by what SQLite counts up itself."""
        bulk = bulk_of(self._world)
        if bulk is None:
            return
        names = ("first", "count", "location")
        given: Document = {**{name: int(bulk[name]) for name in names}, "price": PRICE}
        given |= {"quantity": float(bulk["quantity"]), "at": self.time(bulk["at"])}
        for sql in BULK_ROWS:
            self._db.execute(sql, given)
        for change in bulk["changes"]:
            self.change_bulk(*change)
        self._changes.update(("item", "itemprice", STOCK))

    def change_bulk(self, start: int, end: int, quantity: float, at: str) -> None:
        bulk = bulk_of(self._world)
        assert bulk is not None
        self._db.execute(
            f"""UPDATE {STOCK} SET quantityonhand = :quantity, lastquantityavailablechange = :at,
            quantityavailable = max(0.0, :quantity)
            WHERE item BETWEEN :start AND :end AND location = :location""",
            {
                "quantity": float(quantity),
                "at": self.time(at),
                "start": start,
                "end": end,
                "location": int(bulk["location"]),
            },
        )
        self._changes["quantity"] += 1

    def _rows_of(self, kind: str, document: Document) -> Rows:
        """What SuiteQL shows of it; some kinds have no table."""
        return VIEWS[kind](self, self._world, document) if kind in VIEWS else []

    def _display(self, column: str, value: Any) -> str | None:
        """BUILTIN.DF: what a person sees in place of an id."""
        if value is None:
            return None
        name = column.rpartition(".")[2].lower()
        if name == "status":
            return f"Sales Order : {STATUS_NAMES.get(value, value)}"
        if name == "weightunit":
            return WEIGHT_UNITS.get(int(value))
        if name in ("item", "parent"):
            item = find_item(self._world, value)
            return str(item["itemId"] if item else value)
        table, field = {
            "location": ("location", "name"),
            "entity": ("customer", "entityId"),
        }.get(name, ("", ""))
        found = self._world.table(table).get(value) if table else None
        return str(found[field] if found else value)

    def select(self, sql: str, limit: int, offset: int) -> tuple[list[dict[str, str]], int]:
        """A page of rows and how many there are in all; raises what NetSuite answers."""
        ready = self._shared(translate(sql))
        try:
            cursor = self._db.execute(f"SELECT * FROM ({ready}) LIMIT {limit} OFFSET {offset}")
            found = cursor.fetchall()
            is_last = len(found) < limit and (found or not offset)
            total = offset + len(found) if is_last else self._counts.of(ready)
        except sqlite3.Error as error:
            raise bad_query(_explain(str(error))) from None
        names = [column[0].lower() for column in cursor.description]
        return [_row(names, values) for values in found], total

    def _shared(self, sql: str) -> str:
        """The stock of the first items only, where the feed is sick."""
        share = float(self._world.setting("feed_share", 1.0))
        if share >= 1.0 or STOCK not in sql.lower():
            return sql
        count = self._db.execute(f"SELECT COUNT(DISTINCT item) FROM {STOCK}").fetchone()[0]
        beyond = self._db.execute(
            f"SELECT DISTINCT item FROM {STOCK} ORDER BY item LIMIT 1 OFFSET {int(count * share)}"
        ).fetchone()
        shown = f"(SELECT * FROM {STOCK} WHERE item < {beyond[0]})" if beyond else STOCK
        return re.sub(rf"\b{STOCK}\b", shown, sql, flags=re.I)


def bad_query(words: str) -> Exception:
    start = "Invalid search query. Detailed unprocessed description follows. "
    return refuse(400, "INVALID_PARAMETER", f"{start}Search error occurred: {words}", "q")


def _explain(error: str) -> str:
    what, _, name = error.partition(": ")
    kinds = {"no such column": "Field", "no such table": "Record"}
    return f"{kinds[what]} '{name}' not found." if what in kinds else f"Invalid expression: {error}"


def translate(sql: str) -> str:
    """SuiteQL's words as SQLite knows them; text literals stay as they are."""
    if not re.match(r"\s*(SELECT|WITH)\b", sql, re.I):
        raise bad_query("Only SELECT statements are allowed.")
    pieces = re.split(r"('(?:[^']|'')*')", sql)
    return "".join(piece if piece.startswith("'") else _words(piece) for piece in pieces)


def _words(piece: str) -> str:
    if re.search(r"\bLIMIT\b|;|\"", piece, re.I):
        raise bad_query("Unexpected token.")
    piece = re.sub(r"\btransaction\b", '"transaction"', piece, flags=re.I)
    piece = re.sub(r"\bNVL\b", "IFNULL", piece, flags=re.I)
    piece = re.sub(r"\bSYSDATE\b", "SYSDATE()", piece, flags=re.I)
    return re.sub(r"BUILTIN\.DF\(\s*([\w.]+)\s*\)", r"BUILTIN_DF('\1', \1)", piece, flags=re.I)


def _row(names: list[str], values: Iterable[Any]) -> dict[str, Any]:
    """All values are text, and what is null is left out."""
    found: dict[str, Any] = {"links": []}
    for name, value in zip(names, values, strict=True):
        if value is not None:
            found[name] = _text_of(value) if isinstance(value, str) else _number_of(value)
    return found


def _number_of(value: int | float) -> str:
    return str(int(value)) if value == int(value) else str(plain(Decimal(repr(value))))


def _text_of(value: str) -> str:
    if not value.startswith(DATE):
        return value
    day = datetime.fromisoformat(value[1:])
    return f"{day.month}/{day.day}/{day.year}"


FORMATS = (
    ("YYYY", "%Y"),
    ("HH24", "%H"),
    ("MM", "%m"),
    ("DD", "%d"),
    ("MI", "%M"),
    ("SS", "%S"),
    ('"T"', "T"),
)


@lru_cache
def _pattern(form: str) -> str:
    for name, code in FORMATS:
        form = form.replace(name, code)
    return form


@lru_cache(4096)  # most rows of a page share few times
def _to_char(value: Any, form: str) -> str | None:
    if value is None:
        return None
    return datetime.fromisoformat(str(value).removeprefix(DATE)).strftime(_pattern(form))


def _to_date(text: str, form: str) -> str:
    wall_clock = datetime.strptime(text, _pattern(form)).replace(tzinfo=UTC)  # of any zone
    return DATE + wall_clock.strftime("%Y-%m-%d %H:%M:%S")
