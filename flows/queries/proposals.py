"""What a person may do about a cause: the mending that is proposed first, in words. Pure."""

import re
from dataclasses import dataclass
from typing import Literal

from django.utils.translation import gettext

from connectors.models import ConnectionState
from flows.models import Flow
from flows.queries.dead_letters import DeadGroup

Kind = Literal["authorise", "row", "line", "rule", "edit", "wait", "retry", "waive", "ekyam"]


@dataclass(frozen=True)
class Proposal:
    """`side`, `table` and `key` say where, as far as the kind asks for it. `asks_vendor` where the
    other system's support may be the one who knows."""

    kind: Kind
    label: str  # of the button
    why: str
    side: str = ""
    table: str = ""
    key: str = ""
    asks_vendor: bool = False


_ROW = re.compile(r"«(.*)» has no row in the lookup table «(.+)»", re.DOTALL)


def propose(group: DeadGroup) -> Proposal:
    target = group.target
    name = target.label if target else gettext("the other system")
    is_refused = target and target.state == ConnectionState.NEEDS_REAUTHORIZATION
    if group.failure == "unauthorized" or is_refused:
        return Proposal(
            "authorise",
            gettext("Authorise {name} again").format(name=name),
            gettext("{name} no longer lets Ekyam in.").format(name=name),
        )
    if group.failure == "missing_row" and (found := _ROW.search(group.reason)):
        return Proposal(
            "row",
            gettext("Add the row"),
            gettext("«{found}» has no row in the table «{found_2}».").format(
                found=found[1], found_2=found[2]
            ),
            table=found[2],
            key=found[1],
        )
    return _OTHERS.get(group.failure, _unknown)(group, name)


def _mapping(group: DeadGroup, name: str) -> Proposal:
    if group.flow is None:
        return _unknown(group, name)
    if group.line and group.reason.startswith(f"Rule «{group.line}»"):
        return _rule(group, group.flow)
    if group.example_lacks:
        return _lacking(group, group.flow)
    side = "writer" if group.example_was_read else "reader"
    at = (
        gettext("the line that fills «{line}»").format(line=group.line)
        if group.line
        else gettext("the mapping")
    )
    why = gettext("The mapping of {label} could not go on at {at}.").format(
        label=group.flow.label, at=at
    )
    return Proposal("line", gettext("Edit the mapping line"), why, side=side)


def _rule(group: DeadGroup, flow: Flow) -> Proposal:
    why = gettext(
        "The rule «{rule}» of {label} cannot be judged. Change it and publish the draft; then send "
        "all of it again."
    ).format(rule=group.line, label=flow.label)
    return Proposal("rule", gettext("See the rules"), why)


def _lacking(group: DeadGroup, flow: Flow) -> Proposal:
    source = flow.source.label
    why = gettext(
        "The record is not whole. Put it right in {source}: then it goes on by itself. Or correct "
        "it here."
    ).format(source=source)
    if group.line:
        why += " " + gettext(
            "If it is whole in {source}, mend the line of the mapping that fills «{line}»."
        ).format(source=source, line=group.line)
    return Proposal("edit", gettext("Correct the records"), why)


def _rejected(group: DeadGroup, name: str) -> Proposal:
    return Proposal(
        "edit",
        gettext("Correct the records"),
        gettext(
            "{name} has read the record and refuses something in it. Correct it here for "
            "what is waiting, and in its source or in the mapping for what is to come."
        ).format(name=name),
        asks_vendor=True,
    )


def _too_late(group: DeadGroup, name: str) -> Proposal:
    return Proposal(
        "waive",
        gettext("Waive them"),
        gettext(
            "In {name} the record has moved on: what was asked can no longer be done to it."
        ).format(name=name),
        asks_vendor=True,
    )


def _remote(group: DeadGroup, name: str) -> Proposal:
    return Proposal(
        "retry",
        gettext("Retry"),
        gettext(
            "{name} gave no answer that can be used, and Ekyam has stopped trying. Retry "
            "when it is well again."
        ).format(name=name),
        asks_vendor=True,
    )


def _link(group: DeadGroup, name: str) -> Proposal:
    return Proposal(
        "retry",
        gettext("Retry"),
        gettext(
            "A record that this one needs never came to {name}. Bring it there, then retry."
        ).format(name=name),
    )


def _unknown(group: DeadGroup, name: str) -> Proposal:
    return Proposal(
        "ekyam",
        gettext("Retry"),
        gettext("A fault of Ekyam's own. Retry when it is mended: nothing is lost until then."),
    )


_OTHERS = {
    "mapping_failed": _mapping,
    "money_mismatch": _mapping,
    "rejected": _rejected,
    "too_late": _too_late,
    "unreachable": _remote,
    "unexpected_response": _remote,
    "missing_link": _link,
}
