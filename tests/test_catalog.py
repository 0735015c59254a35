"""One contract over every connector found; and a new one needs no edit anywhere."""

import shutil
from pathlib import Path

import pytest

import connectors.catalog
from connectors import registry
from tests.contract import Promise, promises
from tests.sandboxes import sandbox_server

DEPOT = Path(__file__).parent / "catalog" / "depot"


@pytest.mark.parametrize("promise", promises(), ids=lambda promise: promise.__name__)
@pytest.mark.parametrize("slug", sorted(registry.all_connectors()))
def test_it_keeps_the_contract(slug: str, promise: Promise, port: int) -> None:
    promise(slug, port)


def test_it_finds_a_fourth_connector_in_a_folder_dropped_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(DEPOT, tmp_path / "depot")
    monkeypatch.setenv("CONNECTORS_PATH", str(tmp_path))
    monkeypatch.setattr(connectors.catalog, "__path__", list(connectors.catalog.__path__))
    before = set(registry.all_connectors())
    registry.forget()
    try:
        assert set(registry.all_connectors()) == before | {"depot"}
        with sandbox_server() as port:
            for promise in promises():
                promise("depot", port)
    finally:
        monkeypatch.undo()
        registry.forget()
