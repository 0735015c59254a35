"""What bin/chaos does: kill workers, empty and kill Valkey, cut answers off; then the proof."""

import argparse
import os
import random
import sys
import time
from collections import Counter

from ekyam.guardian import run_guarded
from flows.demo.story import Ledgers, missing
from tests.journeys.day import Day, Seldom, Trouble, prepare
from tests.journeys.house import WORKERS, House, open_house
from tests.journeys.storm import CALLS, WEBHOOKS, raise_storm

PATIENCE_SECONDS = 600.0


def main() -> int:
    parser = argparse.ArgumentParser(prog="bin/chaos", description=__doc__)
    parser.add_argument("--orders", type=int, default=200)
    parser.add_argument("--seed", type=int, default=11)
    options = parser.parse_args()
    return run_guarded(lambda: play(orders=options.orders, seed=options.seed))


def play(*, orders: int, seed: int) -> int:
    say("Starting servers, web, two workers, beat and the three sandboxes.")
    with open_house() as house:
        prepare(house.remotes)
        started = time.monotonic()
        raise_storm(house.remotes)
        kinds = ", ".join(f"{one['kind']} {one['share']:.0%}" for one in (*CALLS, *WEBHOOKS))
        say(f"Broken at each of the three systems: {kinds}.")
        day = Day(house)
        trouble = Seldom(list(_deeds(house, seed)), looks=orders + 15, seed=seed)
        day.trade(orders, trouble)
        say(f"{orders} orders are placed; now they are approved, packed and shipped.")
        is_whole = day.close(trouble, seconds=PATIENCE_SECONDS)
        return prove(day, is_whole=is_whole, seconds=time.monotonic() - started)


def _deeds(house: House, seed: int) -> list[Trouble]:
    def kill(worker: str) -> Trouble:
        def deed() -> None:
            say(f"kill -9 {worker} and its children; it is started again")
            house.kill(worker)
            house.start(worker)

        return deed

    def empty() -> None:
        say("FLUSHALL: Valkey forgets everything")
        house.empty_valkey()

    def kill_valkey() -> None:
        say("kill -9 Valkey; it is started again, empty")
        house.kill_valkey()

    deeds = [*[kill(worker) for worker in WORKERS for _ in range(3)], *[empty] * 4, kill_valkey]
    random.Random(seed).shuffle(deeds)
    return deeds


def prove(day: Day, *, is_whole: bool, seconds: float) -> int:
    ledgers, orders = Ledgers.read(day.house.remotes), day.story.orders
    total, whole = Counter[str](), Counter[str]()
    for order in orders:
        total[order.kind.name] += 1
        whole[order.kind.name] += not missing(order, ledgers)
    say("\nRead back from the ledgers of the three systems:")
    say(f"{'Kind':<34}{'Placed':>8}{'Whole':>8}")
    for name, count in total.items():
        say(f"{name:<34}{count:>8}{whole[name]:>8}")
    wrong = day.wrong()
    for what in wrong:
        say(f"wrong: {what}")
    if is_whole and not wrong:
        say(f"\n0 of {len(orders)} orders lost, 0 doubled, after {seconds:.0f} s.")
        return 0
    return 1


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ekyam.settings")
    sys.exit(main())
