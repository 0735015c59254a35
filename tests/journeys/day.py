"""A day's trade in a house: many orders, trouble amid them, and what the ledgers say in the end."""

import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from flows.demo.orders import KINDS, Kind
from flows.demo.remote import Remotes
from flows.demo.story import Ledgers, Placed, Say, Story, missing
from tests.journeys.house import House

Trouble = Callable[[], None]
LOOK_SECONDS = 1.0
PATIENCE_SECONDS = 300.0


def say_nothing(order: str, system: str, what: str) -> None:
    """The tests look at the ledgers alone."""


@dataclass
class Seldom:
    """Does each of these once, at moments that `seed` chooses within that many looks."""

    deeds: Sequence[Trouble]
    looks: int
    seed: int = 11
    done: int = 0
    _at: dict[int, Trouble] = field(default_factory=dict)

    def __post_init__(self) -> None:
        moments = random.Random(self.seed).sample(range(1, self.looks), len(self.deeds))
        self._at = dict(zip(sorted(moments), self.deeds, strict=True))

    def __call__(self) -> None:
        self.done += 1
        if deed := self._at.get(self.done):
            deed()


@dataclass
class Day:
    """The shopper's, the clerk's and the picker's orders of one day."""

    house: House
    say: Say = say_nothing
    kinds: Sequence[Kind] = KINDS

    def __post_init__(self) -> None:
        self.story = Story(self.house.remotes, self.say)

    def trade(self, count: int, trouble: Trouble) -> None:
        """Place them one upon the other; `trouble` has a chance after each."""
        for number in range(count):
            self.story.place(self.kinds[number % len(self.kinds)])
            trouble()

    def close(self, trouble: Trouble = lambda: None, *, seconds: float = PATIENCE_SECONDS) -> bool:
        """Approve, pack and ship until all is where it should be; False when it takes longer."""
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            self._read_dead_letters()
            if self.story.advance():
                return True
            trouble()
            time.sleep(LOOK_SECONDS)
        return False

    def _read_dead_letters(self) -> None:
        """The clerk mends what Ekyam says cannot be shipped."""
        stuck = {row["reference"] for row in self.house.desk.dead()}
        for order in self.story.orders:
            if any(reference.endswith(f"-{order.id}") for reference in stuck):
                order.seen.add(f"dead {order.name}")

    def wrong(self) -> list[str]:
        """What is lost, what is there twice, what died; in words."""
        ledgers, orders = Ledgers.read(self.house.remotes), self.story.orders
        found = [f"{one.name}: {what}" for one in orders for what in missing(one, ledgers)]
        found += twice_written(self.house.remotes, orders)
        found += self.house.ended()
        ids = tuple(f"-{one.id}" for one in orders)
        dead = [row for row in self.house.desk.dead() if row["reference"].endswith(ids)]
        return found + [f"dead: {row['flow']} {row['reference']}: {row['reason']}" for row in dead]


def twice_written(remotes: Remotes, orders: Sequence[Placed]) -> list[str]:
    """By the systems' own histories, which no later correction changes."""
    writes: Counter[tuple[str, str]] = Counter()
    for row in remotes.erp.look("history"):
        if row["what"].startswith("create ") and row.get("reference"):
            writes[row["what"], row["reference"]] += 1
    for row in remotes.warehouse.look("history"):
        if row["what"] == "order.created" and not row["said"].startswith("Separated"):
            writes["order.created", row["reference"]] += 1
    found = [f"{what} {name}: {n} times" for (what, name), n in writes.items() if n > 1]
    made = Counter(
        row["key"] for row in remotes.shop.look("history") if row["what"] == "fulfillment.create"
    )
    return found + [
        f"{one.name}: {made[one.id]} fulfilments" for one in orders if made[one.id] != _sent(one)
    ]


def _sent(order: Placed) -> int:
    return order.kind.ships_in if order.kind.expected["warehouse"] else 0


def eventually(look: Callable[[], object], *, seconds: float = 90.0, what: str = "") -> None:
    """Look until it is so; fails when that takes too long."""
    ends = time.monotonic() + seconds
    while not look():
        assert time.monotonic() < ends, f"{what or 'It'} took longer than {seconds:g} s."
        time.sleep(0.3)


def prepare(remotes: Remotes, each: int = 20_000) -> None:
    """So that no order waits for stock, in a shop with the points of Shopify Plus, and before a
    warehouse that would take an order twice."""
    remotes.shop.do("set", bucket=20_000, restore=1_000)
    remotes.warehouse.do("set", duplicates="accept")
    for row in remotes.erp.rows("item"):
        remotes.erp.do("adjust_stock", sku=row["label"], by=each)
    for row in remotes.warehouse.rows("item"):
        remotes.warehouse.do("receive", sku=row["label"], quantity=each)
