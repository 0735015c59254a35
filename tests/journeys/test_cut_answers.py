"""Answers are cut off after the write, and much else goes wrong, amid two hundred orders."""

from tests.journeys.day import Day
from tests.journeys.house import House
from tests.journeys.storm import raise_storm

ORDERS = 200


def test_it_loses_and_doubles_nothing_when_answers_are_cut_off(house: House) -> None:
    day = Day(house)
    raise_storm(house.remotes)
    day.trade(ORDERS, lambda: None)
    assert day.close(), day.wrong()
    assert not day.wrong()
