"""What rules do: to the record on its way through them, and beside it."""

from collections.abc import Callable

import msgspec

from connectors.context import Context
from connectors.standard.record import Record
from flows.rules.change import ChangeImpossible, compile_set
from flows.rules.conditions import compile_condition
from flows.rules.expressions import Asked
from flows.rules.plain import whole
from flows.rules.rule import Action, Hold, Notify, Reject, Route, Set, Split, Tag
from flows.rules.split import part_name, split_record
from flows.rules.verdict import Done, Ending, Notice, Part, Verdict
from flows.rules.words import say_attribute, say_done


class Judging:
    """One record on its way through the rules. `asked` holds it as plain data, which are ahead of
    `record` until they are settled."""

    def __init__(self, record: Record, context: Context) -> None:
        self.record, self.context = record, context
        self.asked, self.is_settled = Asked(whole(record), context), True
        self.ending: Ending | None = None
        self.parts: list[Part] = []
        self.done: list[Done] = []
        self.notices: list[Notice] = []

    def settle(self) -> None:
        """Raises ChangeImpossible or MappingFailed where the changed data are no such record."""
        if self.is_settled:
            return
        try:
            record = msgspec.convert(self.asked.plain, type(self.record), strict=True)
        except msgspec.ValidationError as error:
            what = self.record.resource.replace("_", " ")
            raise ChangeImpossible(f"Then the {what} is none any more: {error}.") from error
        record.check()
        self.go_on_with(record)

    def go_on_with(self, record: Record) -> None:
        self.record, self.is_settled = record, True
        self.asked = Asked(whole(record), self.context)

    def verdict(self) -> Verdict:
        rest = tuple(self.parts), tuple(self.done), tuple(self.notices)
        return Verdict(self.record, self.ending, *rest)


Act = Callable[[Judging], None]


def compile_action(action: Action, rule: str) -> Act:
    """Raises ChangeImpossible, and what compile_condition raises."""
    match action:
        case Hold():
            return _ending(action, Ending("hold", rule, action.reason))
        case Reject():
            return _ending(action, Ending("reject", rule, action.reason))
        case Route():
            return _ending(action, Ending("route", rule, flow=action.flow))
        case Set():
            return _setting(action, rule)
        case Tag():
            return _tagging(action, rule)
        case Split():
            return _splitting(action, rule)
        case Notify():
            return _notifying(action, rule)


def _ending(action: Action, ending: Ending) -> Act:
    def act(judging: Judging) -> None:
        judging.ending = ending
        judging.done.append(Done(ending.rule, say_done(action)))

    return act


def _setting(action: Set, rule: str) -> Act:
    name = say_attribute(action.attribute)
    try:
        change = compile_set(action)
    except ChangeImpossible as error:
        raise ChangeImpossible(f"{name} {error}") from error

    def act(judging: Judging) -> None:
        judging.is_settled = False
        try:
            change(judging.asked)
        except ChangeImpossible as error:
            raise ChangeImpossible(f"{name} {error}") from error
        judging.done.append(Done(rule, say_done(action)))

    return act


def _tagging(action: Tag, rule: str) -> Act:
    def act(judging: Judging) -> None:
        tags = judging.asked.plain.get("tags")
        if not isinstance(tags, list):
            what = judging.record.resource.replace("_", " ")
            raise ChangeImpossible(f"A {what} has no tags.")
        if action.tag.casefold() not in (tag.casefold() for tag in tags):
            judging.is_settled = False
            tags.append(action.tag)
            judging.done.append(Done(rule, say_done(action)))

    return act


def _splitting(action: Split, rule: str) -> Act:
    holds, name = compile_condition(action.where), part_name(action.flow)

    def act(judging: Judging) -> None:
        judging.settle()
        asked = judging.asked
        lines = asked.plain.get("lines") or []

        def goes(index: int) -> bool:
            return holds(asked.of_line(lines[index]))

        found = split_record(judging.record, goes, name)
        if found is not None:
            stays, part = found
            judging.go_on_with(stays)
            judging.parts.append(Part(name, action.flow, rule, part))
            gone = len(lines) - len(judging.asked.plain["lines"])
            judging.done.append(Done(rule, say_done(action, gone)))

    return act


def _notifying(action: Notify, rule: str) -> Act:
    def act(judging: Judging) -> None:
        judging.notices.append(Notice(rule, action.message, action.role))
        judging.done.append(Done(rule, say_done(action)))

    return act
