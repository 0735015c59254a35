"""Conditions as functions of the record that is asked about."""

from collections.abc import Callable, Iterator

from connectors.conditions import ConditionInvalid
from flows.rules.compare import Incomparable, compile_compare
from flows.rules.expressions import Asked, check_expression
from flows.rules.rule import AllOf, AnyOf, Cel, Compare, Condition, Not
from flows.rules.words import say_attribute

Test = Callable[[Asked], bool]
MOST_DEEP = 20


def compile_condition(condition: Condition, depth: int = 0) -> Test:
    """Raises PathInvalid, Incomparable or ConditionInvalid; the test the last two, ConditionFailed
    and MissingRow."""
    if depth > MOST_DEEP:
        raise ConditionInvalid(f"Its conditions are nested more than {MOST_DEEP} deep.")
    match condition:
        case Compare():
            return _compile_compare(condition)
        case Cel():
            text = condition.text
            check_expression(text)
            return lambda asked: asked.holds(text)
        case AllOf():
            every = [compile_condition(one, depth + 1) for one in condition.of]
            return lambda asked: all(holds(asked) for holds in every)
        case AnyOf():
            some = [compile_condition(one, depth + 1) for one in condition.of]
            return lambda asked: any(holds(asked) for holds in some)
        case Not():
            inner = compile_condition(condition.of, depth + 1)
            return lambda asked: not inner(asked)


def paths_of(condition: Condition) -> Iterator[str]:
    """What it compares."""
    return (one.attribute for one in comparisons_of(condition))


def comparisons_of(condition: Condition) -> Iterator[Compare]:
    match condition:
        case Compare():
            yield condition
        case AllOf() | AnyOf():
            for one in condition.of:
                yield from comparisons_of(one)
        case Not():
            yield from comparisons_of(condition.of)


def _compile_compare(condition: Compare) -> Test:
    name = say_attribute(condition.attribute)
    try:
        holds = compile_compare(condition)
    except Incomparable as error:
        raise Incomparable(f"{name}: {error}") from error

    def judge(asked: Asked) -> bool:
        try:
            return holds(asked.plain)
        except Incomparable as error:
            raise Incomparable(f"{name} {error}") from error

    return judge
