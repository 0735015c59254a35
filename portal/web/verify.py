"""Verify as a page: what a flow's logic makes of its newest records, attribute by attribute."""

from collections import Counter
from dataclasses import dataclass
from typing import Literal

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext, ngettext

from flows.mapping.edit import show_place, walk
from flows.mapping.logic import Logic
from flows.mapping.verify import Attribute, lines_of
from flows.models import Flow
from flows.queries.lines import show_value
from flows.queries.verify import Report, verify
from flows.queries.versions import whole_logic
from flows.rules.judge import RuleInvalid
from portal.web.access import SeatedRequest, page
from portal.web.logic import Desk, frame, open_desk

Of = Literal["draft", "published"]
_ORDER = {
    finding: place
    for place, finding in enumerate(
        ("wrong_type", "not_allowed", "lost", "waits", "empty", "filled")
    )
}


@dataclass(frozen=True)
class ExampleShown:
    """`source` and `value` as they are shown on one line; empty for none."""

    sample: str
    state: str
    source: str
    value: str
    why: str


@dataclass(frozen=True)
class AttributeShown:
    """`chips` are states and words, `at` where its line is. Lower ranks come first."""

    path: str
    source: str
    at: str
    is_required: bool
    is_missing: bool
    chips: list[tuple[str, str]]
    examples: list[ExampleShown]
    rank: int


@dataclass(frozen=True)
class SideShown:
    side: str
    title: str
    rows: list[AttributeShown]

    @property
    def missing(self) -> int:
        return sum(row.is_missing for row in self.rows)

    @property
    def doubtful(self) -> int:
        return sum(row.rank in (1, 2) for row in self.rows)


@page
def verify_flow(request: SeatedRequest, id: str) -> HttpResponse:
    """Of the draft, or by `of=published` of what the flow goes by."""
    desk = open_desk(id)
    of: Of = "published" if request.GET.get("of") == "published" or not desk.draft else "draft"
    logic = desk.logic if of == "draft" else desk.published_logic
    context = frame(request, desk, "verify", of=of)
    try:
        report = verify(desk.flow, logic)
        context |= {"report": report, "sides": _sides(desk, logic, report), "tried": tried(report)}
    except RuleInvalid as failure:
        context["failure"] = str(failure)
    return render(request, "portal/verify.html", context)


def tried(report: Report) -> str:
    """«42 records: 40 would be sent, 2 would fail»."""
    told = ", ".join(_outcomes(report.outcomes))
    said = ngettext("{many:,} record: {told}", "{many:,} records: {told}", report.samples)
    return said.format(many=report.samples, told=told)


def _outcomes(of: Counter[str]) -> list[str]:
    """What comes of the samples: of how many each, and nothing of what comes of none."""
    words = {
        "sent": ngettext("{n:,} would be sent", "{n:,} would be sent", of["sent"]),
        "held": ngettext("{n:,} would be held", "{n:,} would be held", of["held"]),
        "rejected": ngettext("{n:,} would be rejected", "{n:,} would be rejected", of["rejected"]),
        "routed": ngettext(
            "{n:,} would go another way", "{n:,} would go another way", of["routed"]
        ),
        "waits": ngettext("{n:,} would wait", "{n:,} would wait", of["waits"]),
        "failed": ngettext("{n:,} would fail", "{n:,} would fail", of["failed"]),
        "absent": ngettext(
            "{n:,} does not come to this flow", "{n:,} do not come to this flow", of["absent"]
        ),
    }
    return [said.format(n=of[kind]) for kind, said in words.items() if of[kind]]


def _finding(kind: str, count: int) -> str:
    words = {
        "wrong_type": ngettext("{n:,} of a wrong type", "{n:,} of a wrong type", count),
        "not_allowed": ngettext("{n:,} not allowed", "{n:,} not allowed", count),
        "lost": ngettext("{n:,} lose something", "{n:,} lose something", count),
        "waits": ngettext("{n:,} wait", "{n:,} wait", count),
        "empty": ngettext("{n:,} empty", "{n:,} empty", count),
        "filled": ngettext("{n:,} filled", "{n:,} filled", count),
    }
    return words[kind].format(n=count)


def _sides(desk: Desk, logic: Logic, report: Report) -> list[SideShown]:
    flow, places = desk.flow, _places(desk.flow, logic)
    what = flow.stream_spec.resource.replace("_", " ")
    found = (
        (
            "reader",
            gettext("{label} to Ekyam's {what}").format(label=flow.source.label, what=what),
            report.standard,
        ),
        (
            "writer",
            gettext("Ekyam's {what} to {label}").format(what=what, label=flow.target.label),
            report.body,
        ),
    )
    sides = [
        SideShown(side, title, sorted(_rows(attributes, places[side]), key=lambda row: row.rank))
        for side, title, attributes in found
    ]
    return sorted(sides, key=lambda one: not one.missing)  # what is missing first


def _places(flow: Flow, logic: Logic) -> dict[str, dict[str, str]]:
    """Of each side, where the line of an attribute is; the first, if there are several."""
    found: dict[str, dict[str, str]] = {}
    for side, mapping in zip(("reader", "writer"), whole_logic(flow, logic), strict=True):
        of_side = found.setdefault(side, {})
        walked = zip(walk(mapping.lines), lines_of(mapping.lines), strict=True)
        for (place, _), (path, _) in walked:
            of_side.setdefault(path, show_place(place))
    return found


def _rows(attributes: list[Attribute], places: dict[str, str]) -> list[AttributeShown]:
    return [
        AttributeShown(
            path=one.path,
            source=one.source,
            at=places.get(one.path, ""),
            is_required=one.is_required,
            is_missing=one.is_missing,
            chips=_chips(one),
            examples=[
                ExampleShown(
                    example.sample,
                    f"verify_{example.finding}",
                    show_value(example.source),
                    show_value(example.value),
                    example.why,
                )
                for example in sorted(one.examples, key=lambda example: _ORDER[example.finding])
            ],
            rank=_rank(one),
        )
        for one in attributes
    ]


def _chips(one: Attribute) -> list[tuple[str, str]]:
    found = [
        (f"verify_{finding}", _finding(finding, count))
        for finding, count in sorted(one.counts.items(), key=lambda item: _ORDER[item[0]])
    ]
    if not one.has_line:
        found.insert(0, ("needed_none", ""))
    return found


def _rank(one: Attribute) -> int:
    """What stops the flow first, then what fails, then what is doubtful, then what is required."""
    if one.is_missing:
        return 0
    if one.counts["wrong_type"] or one.counts["not_allowed"]:
        return 1
    if one.counts["lost"] or one.counts["waits"]:
        return 2
    return 3 if one.is_required else 4
