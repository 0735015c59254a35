"""Imports point down, connectors know only their kit, and modules stay small."""

import pytest

from tests import architecture
from tests.architecture import RULES, Module, Rule, all_modules, member_of

MEMBER = "connectors.catalog.parcels"


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_it_keeps_the_rule(rule: Rule) -> None:
    assert [fault for module in all_modules() for fault in rule(module)] == []


def test_it_looks_at_every_connector() -> None:
    folders = (architecture.ROOT / "connectors" / "catalog").glob("*/connector.py")
    slugs = {path.parent.name for path in folders}
    seen = {(member_of(module.name) or "").rpartition(".")[2] for module in all_modules()}
    assert slugs
    assert slugs <= seen


BAD = [
    ("points_down", "connectors.client", "from flows.models import Flow\n"),
    ("points_down", "ekyam.vault", "import connectors.spec\n"),
    ("points_down", "flows.queries.home", "def show() -> None:\n    import portal.web.words\n"),
    ("points_down", "portal.web.home", "from ekyam.urls import urlpatterns\n"),
    ("points_down", "flows.tasks", "from tests.world import make_world\n"),
    ("points_down", "flows.tasks", "from . import states\n"),
    ("doors_are_independent", "portal.web.home", "from portal.hooks.views import receive\n"),
    ("doors_are_independent", "portal.api.urls", "import portal.web\n"),
    ("members_import_the_kit", f"{MEMBER}.plans", "from connectors.client import Client\n"),
    ("members_import_the_kit", f"{MEMBER}.plans", "from connectors.catalog.shop import plans\n"),
    ("members_import_the_kit", f"{MEMBER}.plans", "from connectors.sandbox.kit import Call\n"),
    ("members_import_the_kit", f"{MEMBER}.plans", f"from {MEMBER} import sandbox_rates\n"),
    ("members_import_the_kit", f"{MEMBER}.plans", "from django.utils import timezone\n"),
    ("sandboxes_stand_alone", f"{MEMBER}.sandbox", f"from {MEMBER}.records import parcel\n"),
    ("sandboxes_stand_alone", f"{MEMBER}.sandbox_rates", "from connectors.spec import Request\n"),
    ("no_member_is_named", "flows.recipes.parcels", f"from {MEMBER}.connector import CONNECTOR\n"),
    ("no_member_is_named", "connectors.registry", f"import {MEMBER}\n"),
    ("the_pure_stay_pure", "flows.retry", "from django.conf import settings\n"),
    ("the_pure_stay_pure", "flows.mapping.compile", "from flows.models import Link\n"),
    ("the_pure_stay_pure", "flows.suggest.model", "from ekyam.outbound import send\n"),
    ("the_pure_stay_pure", "connectors.spec", "from connectors.models import Connection\n"),
    ("modules_are_short", "flows.queries.home", "x = 1\n" * 401),
    ("names_say_something", "flows.utils", ""),
    ("names_say_something", "portal.base.pages", ""),
    ("modules_say_what_they_are_for", "flows.queries.home", "x = 1\n"),
]


@pytest.mark.parametrize(("rule", "name", "text"), BAD)
def test_it_finds_a_broken_rule(rule: str, name: str, text: str) -> None:
    check: Rule = getattr(architecture, rule)
    assert list(check(Module(name, text)))


GOOD = [
    ("flows.tasks", "from connectors.spec import Request\n"),
    ("ekyam.urls", "from portal.web import home\n"),
    (f"{MEMBER}.plans", f"from connectors.spec import Plan\nfrom {MEMBER}.records import parcel\n"),
    (f"{MEMBER}.sandbox", f"from connectors.sandbox.kit import Call\nimport {MEMBER}.sandbox_x\n"),
    ("connectors.registry", "import connectors.catalog\n"),
    ("tests.connectors.test_parcels", f"from {MEMBER}.plans import send\n"),
    ("flows.migrations.0001_initial", "x = 1\n" * 500),
]


@pytest.mark.parametrize(("name", "text"), GOOD)
def test_it_lets_a_right_module_pass(name: str, text: str) -> None:
    module = Module(name, f'"""A room."""\n{text}')
    assert [fault for rule in RULES for fault in rule(module)] == []
