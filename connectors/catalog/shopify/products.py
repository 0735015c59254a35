"""Setting a product without losing what only Shopify knows: its other variants, options, tags."""

import re
import unicodedata
from collections.abc import Generator, Mapping, Sequence
from typing import Any

from connectors.catalog.shopify import mutations, queries
from connectors.catalog.shopify.calls import ask, change, gid, number_of
from connectors.errors import Rejected
from connectors.spec import Context, Plan, Written

Node = Mapping[str, Any]
WEIGHT_UNITS = {"g": "GRAMS", "kg": "KILOGRAMS", "oz": "OUNCES", "lb": "POUNDS"}
SKUS_AT_ONCE = 5  # in a question whose answer has room for ten variants
ONLY = {"Title": "Default Title"}  # Shopify's name for a product without options


def handle_of(product: Mapping[str, Any]) -> str:
    """The address of the product's page, from its style code, else from its title."""
    text = product.get("style_code") or product.get("title") or ""
    plain = unicodedata.normalize("NFKD", str(text)).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


def variants_body(variants: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [_variant_body(variant) for variant in variants]


def _variant_body(variant: Mapping[str, Any]) -> dict[str, Any]:
    item: dict[str, Any] = {"sku": variant["sku"], "tracked": variant.get("is_tracked", True)}
    if variant.get("cost") is not None:
        item["cost"] = str(variant["cost"])
    if variant.get("weight") is not None:
        unit = WEIGHT_UNITS[variant.get("weight_unit") or "g"]
        item["measurement"] = {"weight": {"value": float(variant["weight"]), "unit": unit}}
    body: dict[str, Any] = {
        "sku": variant["sku"],
        "options": dict(variant.get("options") or ONLY),
        "inventoryItem": item,
    }
    amounts = {"price": variant.get("price"), "compareAtPrice": variant.get("compare_at_price")}
    body.update({name: str(value) for name, value in amounts.items() if value is not None})
    if variant.get("barcode"):
        body["barcode"] = variant["barcode"]
    return body


def set_product(body: Any, record: Any, context: Context) -> Plan[Written]:
    """productSet deletes the variants that it is not told of, so they are read first."""
    identifier = yield from _identifier(body, record, context)
    there = yield from _read(identifier, context)
    if there is None and context.record_id:
        raise Rejected(
            f"The product {context.record_id}, to which {record.title} is linked, is gone from"
            " Shopify."
        )
    if there is not None and not context.record_id:
        _refuse_stranger(body, there)
    fields = merge(body, there)
    variables = {"identifier": identifier, "input": fields}
    what = f"the product {record.title}"
    payload = yield from change(mutations.SET_PRODUCT, variables, context, what=what)
    product = payload["product"]
    return Written(number_of(product["id"]), label=str(product["handle"]))


def _identifier(body: Any, record: Any, context: Context) -> Generator[Any, Any, dict[str, str]]:
    """The product that is linked, else the one that has its SKUs, else the one of its handle: with
    a handle of its own a shop's product would be there twice."""
    if context.record_id:
        return {"id": gid("Product", context.record_id)}
    owners = yield from _owners([variant["sku"] for variant in body["variants"]], context)
    if len(owners) > 1:
        named = ", ".join(f"«{title}»" for title in sorted(owners.values()))
        raise Rejected(
            f"The SKUs of {record.title} are in {len(owners)} products of Shopify: {named}. Leave"
            " them in one of these, then replay."
        )
    return {"id": next(iter(owners))} if owners else {"handle": body["handle"]}


def _owners(skus: Sequence[str], context: Context) -> Generator[Any, Any, dict[str, str]]:
    """The titles of the products that have a variant of one of these SKUs, by id."""
    found: dict[str, str] = {}
    wanted = [sku for sku in skus if sku]
    for start in range(0, len(wanted), SKUS_AT_ONCE):
        some = wanted[start : start + SKUS_AT_ONCE]
        query = " OR ".join(sku_query(sku) for sku in some)
        data = yield from ask(queries.VARIANTS_BY_SKU, {"query": query}, context, cost=15)
        for node in data["productVariants"]["nodes"]:
            if node["sku"] in some:
                found[node["product"]["id"]] = node["product"]["title"]
    return found


def _refuse_stranger(body: Any, there: Node) -> None:
    """What was found by its SKUs must be this product, and not one that has them among others."""
    skus = {variant["sku"] for variant in body["variants"]}
    others = [node["sku"] for node in there["variants"]["nodes"] if node["sku"] not in skus]
    is_same = there["handle"] == body["handle"] or there["title"] == body["title"]
    if others and not is_same:
        raise Rejected(
            f"«{there['title']}» in Shopify has the SKUs of {body['title']} among others"
            f" ({', '.join(str(sku) for sku in others[:5])}). Give both the same title, or take the"
            " SKUs from it, then replay."
        )


def _read(identifier: dict[str, str], context: Context) -> Generator[Any, Any, Any]:
    data = yield from ask(queries.PRODUCT_BY, {"identifier": identifier}, context, cost=22)
    product = data["productByIdentifier"]
    if product is None:
        return None
    connection = product["variants"]
    while connection["pageInfo"]["hasNextPage"]:
        variables = {"id": product["id"], "after": connection["pageInfo"]["endCursor"]}
        data = yield from ask(queries.PRODUCT_VARIANTS, variables, context, cost=58)
        connection = data["product"]["variants"]
        product["variants"]["nodes"].extend(connection["nodes"])
    return product


def merge(body: Any, there: Node | None) -> dict[str, Any]:
    """The input of productSet: our variants, and after them all that Shopify has besides."""
    fields = {name: value for name, value in body.items() if name not in ("variants", "handle")}
    if there is None:
        fields["handle"] = body["handle"]
    known = {str(node["sku"]): node for node in there["variants"]["nodes"]} if there else {}
    ours = [_with_id(variant, known.get(variant["sku"])) for variant in body["variants"]]
    skus = {variant["sku"] for variant in body["variants"]}
    others = [
        node for node in (there["variants"]["nodes"] if there else ()) if node["sku"] not in skus
    ]
    _same_options(body["title"], ours, others)
    variants = [*ours, *({"id": node["id"], "options": _options(node)} for node in others)]
    if there and fields.get("tags") is not None:
        fields["tags"] = sorted({*there["tags"], *fields["tags"]})
    fields["productOptions"] = product_options(variants)
    fields["variants"] = [_input(variant) for variant in variants]
    return fields


def _with_id(variant: dict[str, Any], node: Node | None) -> dict[str, Any]:
    """Shopify's own options win for a variant that it knows: its shoppers chose by them."""
    if node is None:
        return dict(variant)
    return {**variant, "id": node["id"], "options": _options(node)}


def _options(node: Node) -> dict[str, str]:
    return {one["name"]: one["value"] for one in node["selectedOptions"]}


def _same_options(title: str, ours: Sequence[Any], others: Sequence[Node]) -> None:
    sets = {tuple(variant["options"]) for variant in ours} | {tuple(_options(n)) for n in others}
    if len(sets) > 1:
        named = "; ".join(", ".join(names) for names in sorted(sets))
        raise Rejected(
            f"The variants of {title} have different options ({named}); Shopify wants the same ones"
            " on each."
        )


def product_options(variants: Sequence[Any]) -> list[dict[str, Any]]:
    values: dict[str, dict[str, None]] = {}
    for variant in variants:
        for name, value in variant["options"].items():
            values.setdefault(name, {})[value] = None
    return [
        {"name": name, "position": place, "values": [{"name": value} for value in listed]}
        for place, (name, listed) in enumerate(values.items(), 1)
    ]


def _input(variant: Any) -> dict[str, Any]:
    chosen = variant["options"].items()
    fields = {name: value for name, value in variant.items() if name != "options"}
    return {**fields, "optionValues": [{"optionName": k, "name": v} for k, v in chosen]}


def find_variant(reference: str, context: Context) -> Plan[Written | None]:
    """A variant by its SKU; Shopify lets two variants share one, which names neither."""
    found = yield from variants_by_sku(reference, context)
    if len(found) > 1:
        raise Rejected(f"{len(found)} variants in Shopify have the SKU {reference}.")
    return Written(number_of(found[0]["id"]), label=reference) if found else None


def variants_by_sku(sku: str, context: Context) -> Generator[Any, Any, list[Node]]:
    data = yield from ask(queries.VARIANTS_BY_SKU, {"query": sku_query(sku)}, context, cost=15)
    return [node for node in data["productVariants"]["nodes"] if node["sku"] == sku]


def sku_query(sku: str) -> str:
    escaped = sku.replace("\\", "\\\\").replace('"', '\\"')
    return f'sku:"{escaped}"'
