"""Every document that is sent, and all that the sandbox serves, is in Shopify's own schema."""

import gzip
import os
from pathlib import Path
from typing import Any

import pytest
from graphql import (
    GraphQLSchema,
    build_schema,
    is_enum_type,
    is_input_object_type,
    is_interface_type,
    is_object_type,
    is_union_type,
    parse,
    validate,
)

from connectors.catalog.shopify import mutations, queries
from connectors.catalog.shopify.sandbox_engine import MAX_COST, prepare
from connectors.catalog.shopify.sandbox_price import SCHEMA, cost_of

DOCUMENTS = {
    name: text
    for module in (queries, mutations)
    for name, text in vars(module).items()
    if name.isupper() and not name.startswith("_") and isinstance(text, str)
}
FILE = "shopify_admin_2026-07.graphql.gz"
BESIDE = Path(__file__).parents[3].parent / "shared" / "schema" / FILE


@pytest.fixture(scope="module")
def official() -> GraphQLSchema:
    path = Path(os.environ.get("EKYAM_SHOPIFY_SCHEMA", BESIDE))
    if not path.exists():
        pytest.skip("Shopify's schema is not here; EKYAM_SHOPIFY_SCHEMA says where it is.")
    return build_schema(gzip.decompress(path.read_bytes()).decode(), assume_valid=True)


@pytest.mark.parametrize("name", sorted(DOCUMENTS))
def test_it_sends_what_shopifys_schema_knows(name: str, official: GraphQLSchema) -> None:
    assert not validate(official, parse(DOCUMENTS[name]))


@pytest.mark.parametrize("name", sorted(DOCUMENTS))
def test_it_sends_what_the_sandbox_knows_and_can_afford(name: str) -> None:
    document, refusals = prepare(DOCUMENTS[name])
    assert not refusals
    assert cost_of(document, document.definitions[0], {"first": 100}) <= MAX_COST


def test_it_serves_a_part_of_shopifys_schema_and_nothing_else(official: GraphQLSchema) -> None:
    strange = []
    for name, ours in SCHEMA.type_map.items():
        if not name.startswith("__"):
            strange += list(_strange(name, ours, official.type_map.get(name)))
    assert not strange


def _strange(name: str, ours: Any, theirs: Any) -> list[str]:
    if type(ours) is not type(theirs):
        return [name]
    if is_enum_type(ours):
        return [f"{name}.{value}" for value in ours.values if value not in theirs.values]
    if is_union_type(ours):
        known = {one.name for one in theirs.types}
        return [f"{name}|{one.name}" for one in ours.types if one.name not in known]
    if is_input_object_type(ours):
        return _differing(name, ours.fields, theirs.fields)
    if is_object_type(ours) or is_interface_type(ours):
        found = _differing(name, ours.fields, theirs.fields)
        for field, declared in ours.fields.items():
            if field in theirs.fields:
                there = theirs.fields[field].args
                found += _differing(f"{name}.{field}", declared.args, there)
        return found
    return []


def _differing(where: str, ours: Any, theirs: Any) -> list[str]:
    return [
        f"{where}.{name}"
        for name, one in ours.items()
        if name not in theirs or str(theirs[name].type) != str(one.type)
    ]
