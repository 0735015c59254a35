"""What a request costs: what it may cost, known before it runs, and what it took in the end."""

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from graphql import (
    FieldNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    build_schema,
    get_named_type,
    is_leaf_type,
)

SCHEMA = build_schema(Path(__file__).with_name("sandbox_schema.graphql").read_text())
FREE = {"MoneyBag", "MoneyV2", "MailingAddress", "LocationAddress", "PageInfo", "UserError"}


def cost_of(
    document: Any, operation: Any, variables: Mapping[str, Any], nodes_cost: str = "each"
) -> int:
    """Connections grow with the logarithm of their size; money and addresses are free. Whether
    `nodes` pays for each id is not known."""
    pricer = _Pricer(_fragments(document), variables, nodes_cost == "each")
    root = SCHEMA.mutation_type
    if operation.operation.value != "mutation":
        return max(1, pricer.price(operation.selection_set, SCHEMA.query_type))
    return sum(10 + pricer.below_payload(n, root) for n in operation.selection_set.selections)


def _fragments(document: Any) -> dict[str, Any]:
    return {d.name.value: d for d in document.definitions if hasattr(d, "type_condition")}


def _growth(size: int) -> int:
    return max(1, math.floor(2 * math.log(size))) if size > 0 else 0


class _Pricer:
    def __init__(
        self, fragments: Mapping[str, Any], variables: Mapping[str, Any], pays_each: bool
    ) -> None:
        self.fragments, self.variables, self.pays_each = fragments, variables, pays_each

    def price(self, selections: Any, parent: Any) -> int:
        total = 0
        for node in selections.selections:
            if isinstance(node, FragmentSpreadNode):
                spread = self.fragments[node.name.value]
                on = SCHEMA.type_map[spread.type_condition.name.value]
                total += self.price(spread.selection_set, on)
            elif isinstance(node, InlineFragmentNode):
                condition = node.type_condition
                on = SCHEMA.type_map[condition.name.value] if condition else parent
                total += self.price(node.selection_set, on)
            else:
                total += self._field(node, parent)
        return total

    def _field(self, node: FieldNode, parent: Any) -> int:
        name = node.name.value
        if name.startswith("__") or name not in parent.fields:
            return 0
        kind = get_named_type(parent.fields[name].type)
        if is_leaf_type(kind) or node.selection_set is None:
            return 0
        if kind.name.endswith("Connection"):
            return self._connection(node, kind)
        if name == "nodes" and parent is SCHEMA.query_type:
            return self._count(node) * (1 + self.price(node.selection_set, kind))
        own = 0 if kind.name in FREE or kind.name.endswith("UserError") else 1
        return own + self.price(node.selection_set, kind)

    def _connection(self, node: FieldNode, kind: Any) -> int:
        size = self._size(node)
        assert node.selection_set is not None
        return 2 + _growth(size) * (1 + self.price(node.selection_set, kind) - self._wrapper(node))

    def _wrapper(self, node: FieldNode) -> int:
        """`nodes` itself is no object of its own."""
        assert node.selection_set is not None
        names = {s.name.value for s in node.selection_set.selections if isinstance(s, FieldNode)}
        return 1 if names & {"nodes", "edges"} else 0

    def _count(self, node: FieldNode) -> int:
        value: Any = next(one.value for one in node.arguments or ())
        given = self.variables.get(value.name.value) if hasattr(value, "name") else value.values
        return len(given or ()) if self.pays_each else 1

    def _size(self, node: FieldNode) -> int:
        for argument in node.arguments or ():
            if argument.name.value in ("first", "last"):
                value: Any = argument.value
                if hasattr(value, "name"):
                    return int(self.variables.get(value.name.value) or 0)
                return int(value.value)
        return 0

    def below_payload(self, node: Any, root: Any) -> int:
        payload = get_named_type(root.fields[node.name.value].type)
        found = 0
        for child in node.selection_set.selections:
            if not isinstance(child, FieldNode) or child.selection_set is None:
                continue
            kind = get_named_type(payload.fields[child.name.value].type)
            if not kind.name.endswith("UserError"):
                found += self.price(child.selection_set, kind)
        return found


# --- What it took ----------------------------------------------------------------------------


def spent_on(
    document: Any, operation: Any, variables: Mapping[str, Any], data: Any, nodes_cost: str = "each"
) -> int:
    """The same formula over what was found; a mutation takes all that it may."""
    if operation.operation.value == "mutation":
        return cost_of(document, operation, variables, nodes_cost)
    bill = _Bill(_fragments(document), nodes_cost == "each")
    return max(1, math.ceil(bill.of(operation.selection_set, SCHEMA.query_type, data or {})))


class _Bill:
    def __init__(self, fragments: Mapping[str, Any], pays_each: bool) -> None:
        self.fragments, self.pays_each = fragments, pays_each

    def of(self, selections: Any, parent: Any, data: Mapping[str, Any]) -> float:
        return sum(
            self._field(node, on, data.get(key))
            for node, on in self._fields(selections, parent)
            if (key := node.alias.value if node.alias else node.name.value) in data
        )

    def _fields(self, selections: Any, parent: Any) -> Iterator[tuple[FieldNode, Any]]:
        for node in selections.selections:
            if isinstance(node, FieldNode):
                yield node, parent
                continue
            on = self.fragments[node.name.value] if hasattr(node, "name") else node
            kind = SCHEMA.type_map[on.type_condition.name.value] if on.type_condition else parent
            yield from self._fields(on.selection_set, kind)

    def _field(self, node: FieldNode, parent: Any, value: Any) -> float:
        field = getattr(parent, "fields", {}).get(node.name.value)
        if field is None or node.selection_set is None:
            return 0
        kind: Any = get_named_type(field.type)
        if kind.name.endswith("Connection"):
            return 2 + self._rows(node, kind, value or {})
        own = 0 if kind.name in FREE else 1
        if not isinstance(value, list):
            return own + (self.of(node.selection_set, kind, value) if value else 0)
        each = [self.of(node.selection_set, kind, one) if one else 0 for one in value]
        if parent is SCHEMA.query_type and self.pays_each:
            return sum(each) + len(each)
        return own + max(each, default=0)

    def _rows(self, node: FieldNode, kind: Any, value: Mapping[str, Any]) -> float:
        """Rows found, at what they took on average."""
        for child, _ in self._fields(node.selection_set, kind):
            rows = value.get(child.name.value)
            if child.name.value in ("nodes", "edges") and rows:
                on = get_named_type(kind.fields[child.name.value].type)
                took = sum(self.of(child.selection_set, on, row) for row in rows)
                return _growth(len(rows)) * (1 + took / len(rows))
        return 0
