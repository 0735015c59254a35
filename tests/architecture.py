"""The rules of who may import whom, over the texts of modules, and no list of connectors."""

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).parent.parent
ROOMS = ("ekyam", "connectors", "flows", "portal", "tests")
FLOORS = {"ekyam": 0, "connectors": 1, "flows": 2, "portal": 3, "ekyam.urls": 4, "tests": 5}
DOORS = ("portal.hooks", "portal.oauth", "portal.api", "portal.web", "portal.account")
KIT = tuple(
    f"connectors.{name}"
    for name in (
        "spec",
        "wire",
        "auth",
        "pagination",
        "signatures",
        "context",
        "conditions",
        "lines",
        "steps",
        "errors",
        "standard",
    )
)
SANDBOX_KIT = tuple(f"connectors.sandbox.{name}" for name in ("kit", "world", "faults"))
CATALOG = "connectors.catalog"
PURE = (
    "flows.mapping",
    "flows.rules",
    "flows.states",
    "flows.retry",
    "flows.formula",
    "flows.slots",
    "flows.rhythm",
    "flows.alerts",
    "flows.waits",
    "flows.sheet",
    "flows.suggest",
    "flows.diagram",
)
OUTSIDE = ("django", "rest_framework", "celery", "kombu", "redis", "psycopg", "requests", "socket")
VAGUE = {"utils", "helpers", "common", "base", "manager", "service", "handler", "processor"}
LONGEST = 400


@dataclass(frozen=True)
class Module:
    """One module: its dotted name and its text."""

    name: str
    text: str

    @cached_property
    def imports(self) -> frozenset[str]:
        """Full names: `from a.b import c` is a.b.c. A relative import keeps its dots."""
        found: set[str] = set()
        for node in ast.walk(ast.parse(self.text)):
            if isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                start = "." * node.level + (node.module or "")
                found |= {f"{start}.{alias.name}" for alias in node.names}
        return frozenset(found)

    @property
    def own_imports(self) -> list[str]:
        """Those that come from this project."""
        return sorted(name for name in self.imports if is_in(name, *ROOMS))


Rule = Callable[[Module], Iterator[str]]


def is_in(name: str, *rooms: str) -> bool:
    return any(name == room or name.startswith(f"{room}.") for room in rooms)


def floor_of(name: str) -> int:
    return FLOORS["ekyam.urls"] if is_in(name, "ekyam.urls") else FLOORS[name.split(".")[0]]


def points_down(module: Module) -> Iterator[str]:
    """A module imports from its own floor or from below, and by absolute names."""
    for name in module.own_imports:
        if floor_of(name) > floor_of(module.name):
            yield f"{module.name} is below {name}"
    yield from (f"{module.name} imports {n} relatively" for n in module.imports if n[0] == ".")


def doors_are_independent(module: Module) -> Iterator[str]:
    own = [door for door in DOORS if is_in(module.name, door)]
    others = [door for door in DOORS if door not in own]
    for name in module.own_imports if own else ():
        if is_in(name, *others):
            yield f"{module.name} is another door than {name}"


def members_import_the_kit(module: Module) -> Iterator[str]:
    """The client side of a connector: the kit and its own folder, no database and no socket."""
    member = member_of(module.name)
    if member is None or is_sandbox(module.name):
        return
    for name in sorted(module.imports):
        is_own = is_in(name, member) and not is_sandbox(name)
        if is_in(name, *ROOMS) and not is_own and not is_in(name, *KIT):
            yield f"{module.name} imports {name}, which is not of the kit"
        if is_in(name, *OUTSIDE):
            yield f"{module.name} reaches outside by {name}"


def sandboxes_stand_alone(module: Module) -> Iterator[str]:
    """A simulator that knew the client would make the client's mistakes."""
    member = member_of(module.name)
    if member is None or not is_sandbox(module.name):
        return
    for name in module.own_imports:
        is_own = is_in(name, member) and is_sandbox(name)
        if not is_own and not is_in(name, *SANDBOX_KIT):
            yield f"{module.name} imports {name} of the client side"


def no_member_is_named(module: Module) -> Iterator[str]:
    """The registry finds them. Only the tests of one connector may name it."""
    if member_of(module.name) or is_in(module.name, "tests.connectors"):
        return
    for name in module.own_imports:
        if member_of(name):
            yield f"{module.name} names {name}"


def the_pure_stay_pure(module: Module) -> Iterator[str]:
    """The kit, the mapping, the states and the retry decision: neither Django nor who needs it."""
    if not is_in(module.name, *PURE, *KIT):
        return
    allowed = KIT if is_in(module.name, *KIT) else (*KIT, *PURE)
    for name in sorted(module.imports):
        if is_in(name, *OUTSIDE) or (is_in(name, *ROOMS) and not is_in(name, *allowed)):
            yield f"{module.name} is pure and imports {name}"


def modules_are_short(module: Module) -> Iterator[str]:
    lines = module.text.count("\n")
    if lines > LONGEST and ".migrations." not in module.name:
        yield f"{module.name} has {lines} lines"


def names_say_something(module: Module) -> Iterator[str]:
    yield from (f"{module.name}: {part}" for part in module.name.split(".") if part in VAGUE)


def modules_say_what_they_are_for(module: Module) -> Iterator[str]:
    if module.text and ".migrations." not in module.name and not module.text.startswith('"""'):
        yield f"{module.name} does not begin with a docstring"


RULES: tuple[Rule, ...] = (
    points_down,
    doors_are_independent,
    members_import_the_kit,
    sandboxes_stand_alone,
    no_member_is_named,
    the_pure_stay_pure,
    modules_are_short,
    names_say_something,
    modules_say_what_they_are_for,
)


def member_of(name: str) -> str | None:
    """The catalogue's folder that this is in, or that is meant by an import of it."""
    parts = name.split(".")
    is_member = is_in(name, CATALOG) and len(parts) > 2
    return ".".join(parts[:3]) if is_member else None


def is_sandbox(name: str) -> bool:
    parts = name.split(".")
    return is_in(name, CATALOG) and len(parts) > 3 and parts[3].startswith("sandbox")


def all_modules() -> list[Module]:
    """Every module of the project; a folder of connectors for tests counts as catalogue."""
    return [
        Module(name_of(path), path.read_text())
        for room in ROOMS
        for path in sorted((ROOT / room).rglob("*.py"))
    ]


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    if parts[:2] == ("tests", "catalog"):
        parts = ("connectors", *parts[1:])
    return ".".join(parts).removesuffix(".__init__")
