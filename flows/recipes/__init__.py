"""Ready-made flows, as data: each module here that has a RECIPE is one."""

import importlib
import pkgutil
from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True)
class Step:
    """One flow: source connector and stream -> target connector and action."""

    label: str
    source: str
    stream: str
    target: str
    action: str
    is_advised: bool = True  # the others are made, and a person decides


@dataclass(frozen=True)
class Recipe:
    name: str
    label: str
    about: str
    flows: tuple[Step, ...]

    @property
    def connectors(self) -> tuple[str, ...]:
        named = [slug for step in self.flows for slug in (step.source, step.target)]
        return tuple(dict.fromkeys(named))


@cache
def all_recipes() -> dict[str, Recipe]:
    modules = [
        importlib.import_module(f"{__name__}.{m.name}") for m in pkgutil.iter_modules(__path__)
    ]
    return {module.RECIPE.name: module.RECIPE for module in modules}
