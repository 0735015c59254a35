"""The demonstration, once its story is told."""

import pytest

from flows.demo.remote import SandboxAway, SandboxRefused
from flows.management.commands import demo


class Story:
    """What befalls whoever looks after the orders."""

    def __init__(self) -> None:
        self.fates = iter((SandboxAway("erp"), SandboxRefused("shipped"), KeyboardInterrupt()))

    def advance(self) -> None:
        raise next(self.fates)


def test_it_stays_while_the_simulators_are_away_or_refuse(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    with pytest.raises(KeyboardInterrupt):
        demo.Command()._stay(Story(), "a password")  # type: ignore[arg-type]
