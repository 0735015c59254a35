"""Finds the connectors: each folder of the catalogue that holds a connector.py is one."""

import importlib
import os
import pkgutil
import sys
from functools import cache
from pathlib import Path

import connectors.catalog
from connectors.spec import Connector


class UnknownConnector(KeyError):
    """No folder of that name stands in the catalogue."""


@cache
def all_connectors() -> dict[str, Connector]:
    """Every connector by its slug. CONNECTORS_PATH may name further folders of connectors."""
    for folder in filter(None, os.environ.get("CONNECTORS_PATH", "").split(os.pathsep)):
        if folder not in connectors.catalog.__path__:
            connectors.catalog.__path__.append(folder)
    found = {}
    for module in pkgutil.iter_modules(connectors.catalog.__path__):
        if module.ispkg and (folder_of(module.name) / "connector.py").exists():
            loaded = importlib.import_module(f"connectors.catalog.{module.name}.connector")
            found[module.name] = loaded.CONNECTOR
    return found


def get_connector(slug: str) -> Connector:
    try:
        return all_connectors()[slug]
    except KeyError:
        raise UnknownConnector(slug) from None


def folder_of(slug: str) -> Path:
    for folder in connectors.catalog.__path__:
        if (Path(folder) / slug).is_dir():
            return Path(folder) / slug
    raise UnknownConnector(slug)


def forget() -> None:
    """Look again at the next call: a folder was added or taken away."""
    all_connectors.cache_clear()
    sys.path_importer_cache.clear()
    importlib.invalidate_caches()
