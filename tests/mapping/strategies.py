"""Any Logic: made from the declared types themselves, so that a new kind of step is in it."""

from typing import Any

import msgspec
from hypothesis import strategies as st
from msgspec import inspect

from connectors.lines import Line, Mapping
from connectors.steps import AnyStep, Step, Trim
from flows.mapping.code import FlowCode, Source, Target
from flows.mapping.logic import Logic
from flows.rules.rule import (
    Action,
    AllOf,
    AnyOf,
    Cel,
    Compare,
    Condition,
    Hold,
    Not,
    Notify,
    Reject,
    Route,
    Rule,
    Set,
    Split,
    Tag,
)

WORDS = [
    "no",
    "NO",
    "null",
    "~",
    "",
    "0123",
    "1e5",
    "12:30",
    "2026-01-31",
    "<<",
    "=",
    "- a",
    "a: b",
]
texts = st.one_of(st.sampled_from(WORDS), st.text(max_size=12))
numbers = st.one_of(
    st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False, allow_infinity=False)
)
values = st.recursive(
    st.one_of(st.none(), st.booleans(), numbers, texts),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(texts, inner, max_size=3)),
    max_leaves=5,
)


def of_type(known: Any) -> st.SearchStrategy[Any]:
    """Values of a type as msgspec tells it."""
    match known:
        case inspect.AnyType():
            return values
        case inspect.BoolType():
            return st.booleans()
        case inspect.NoneType():
            return st.none()
        case inspect.StrType(pattern=str(pattern)):
            return st.from_regex(pattern, fullmatch=True)
        case inspect.StrType():
            return st.text(min_size=known.min_length or 0, max_size=min(known.max_length or 20, 20))
        case inspect.IntType():
            return st.integers(-1000 if known.ge is None else known.ge, known.le)
        case inspect.FloatType():
            return st.floats(known.ge or 0.0, known.le or 1e6, allow_nan=False)
        case inspect.LiteralType():
            return st.sampled_from(known.values)
        case inspect.VarTupleType():
            most = min(known.max_length or 3, 3)
            inner = of_type(known.item_type)
            return st.lists(inner, min_size=known.min_length or 0, max_size=most).map(tuple)
        case inspect.ListType():
            return st.lists(of_type(known.item_type), max_size=3)
        case inspect.DictType():
            inner, least = of_type(known.value_type), known.min_length or 0
            return st.dictionaries(of_type(known.key_type), inner, min_size=least, max_size=3)
        case inspect.UnionType():
            return st.one_of(*map(of_type, known.types))
        case inspect.Metadata():
            return of_type(known.type)
        case inspect.StructType():
            return of_struct(known)
    raise NotImplementedError(known)


@st.composite
def of_struct(draw: st.DrawFn, known: inspect.StructType) -> Any:
    given: dict[str, Any] = {}
    for field in known.fields:
        if field.required or draw(st.booleans()):
            given[field.name] = draw(of_type(field.type))
    return known.cls(**given)


def of_kind(kind: Any) -> st.SearchStrategy[Any]:
    return st.deferred(lambda: of_type(inspect.type_info(kind)))


def _right(step: Step) -> Step:
    """Or the plainest one, where types alone do not make it a step."""
    try:
        step.check()
    except ValueError:
        return Trim()
    return step


steps = st.one_of(*(of_kind(kind) for kind in AnyStep.__args__)).map(_right)
names = st.from_regex(r"[a-z_]{1,8}(\.[a-z]{1,8})?", fullmatch=True)
targets = st.one_of(names, names, st.text(min_size=1, max_size=20))
PATHS = ["", "@", "a.b", "a[0].b || c", "join(' <- ', [a, b])", '"no: #"', 'a[?b == `"x"`] | [0]']
sources = st.one_of(st.sampled_from(PATHS), names)


def lines(each: st.SearchStrategy[tuple[Line, ...]]) -> st.SearchStrategy[Line]:
    chains = st.lists(steps, max_size=3).map(tuple)
    return st.builds(Line, targets, sources, chains, each, st.booleans())


flat_lines = lines(st.just(()))
any_lines = st.one_of(flat_lines, lines(st.lists(flat_lines, max_size=3).map(tuple)))
mappings = st.lists(any_lines, max_size=5).map(lambda found: Mapping(tuple(found)))

said = st.text(min_size=1, max_size=20)
expressions = st.sampled_from(["true", "record.total > 5.0", "row('a: b', \"#\") == 'x'"])
attributes = st.sampled_from(["total", "lines[].sku", "lines[?sku == 'a'].id", "customer.tags"])
texts_only, orders = st.text(min_size=1, max_size=9), ("above", "at_least", "below", "at_most")
every_or_any = st.sampled_from(["any", "every"])
compares = st.one_of(
    st.builds(Compare, attributes, st.sampled_from(["is", "is_not"]), texts, every_or_any),
    st.builds(Compare, attributes, st.sampled_from(orders), numbers),
    st.builds(Compare, attributes, st.just("one_of"), st.lists(texts, max_size=3)),
    st.builds(Compare, attributes, st.sampled_from(["is_empty", "is_filled"])),
)
conditions: st.SearchStrategy[Condition] = st.recursive(
    st.one_of(compares, st.builds(Cel, expressions)),
    lambda inner: st.one_of(
        st.builds(AllOf, st.lists(inner, max_size=3).map(tuple)),
        st.builds(AnyOf, st.lists(inner, min_size=1, max_size=3).map(tuple)),
        st.builds(Not, inner),
    ),
    max_leaves=5,
)
endings = st.one_of(st.builds(Hold, said), st.builds(Reject, said), st.builds(Route, said))
settings = st.sampled_from(["note", "lines[].location"])
deeds = st.one_of(
    st.builds(Set, settings, values),
    st.builds(Set, settings, expression=expressions),
    st.builds(Tag, said),
    of_kind(Notify),
)


@st.composite
def rules(draw: st.DrawFn, name: str) -> Rule:
    then: list[Action] = draw(st.lists(deeds, max_size=2))
    if draw(st.booleans()):
        then.append(Split(draw(conditions), f"Flow {name}"))
    if not then or draw(st.booleans()):
        then.insert(0, draw(endings))
    return Rule(name, draw(conditions), tuple(then), draw(st.booleans()))


@st.composite
def logics(draw: st.DrawFn) -> Logic:
    """With rules that can be judged."""
    found = draw(st.lists(said, max_size=3, unique=True))
    return Logic(
        draw(st.none() | mappings),
        tuple(draw(rules(name)) for name in found),
        draw(st.none() | mappings),
    )


slugs = st.text(min_size=1, max_size=10)
flows = st.builds(
    FlowCode,
    st.text(min_size=1, max_size=30),
    st.builds(Source, slugs, slugs),
    st.builds(Target, slugs, slugs),
    logics(),
)


def as_data(value: Any) -> bytes:
    """To tell 1 from 1.0 and from true, which Python holds to be the same."""
    return msgspec.json.encode(value)
