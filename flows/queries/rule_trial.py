"""What one rule would do to the newest records of a flow. Nothing is written."""

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from msgspec.structs import replace

from connectors.errors import Failure
from flows.mapping.logic import Logic
from flows.models import Flow
from flows.queries.samples import list_samples, read_sample, reading_context
from flows.rules.judge import compile_rules
from flows.rules.rule import Rule

NEWEST = 50


@dataclass(frozen=True)
class Outcome:
    """Of one record that the rule is for, or that it cannot be judged on."""

    label: str
    received_at: datetime
    words: str
    failure: str = ""


@dataclass(frozen=True)
class RuleTrial:
    """`unread` are records that the reader fails on."""

    tried: int
    unread: int
    meets: list[Outcome]
    failed: list[Outcome]


def try_rule(flow: Flow, logic: Logic, rule: Rule) -> RuleTrial:
    """By itself, on each record as the reader makes it. Raises RuleInvalid."""
    judge = compile_rules([replace(rule, is_on=True)])
    now, plain = timezone.now(), replace(logic, rules=())
    context = reading_context(flow, now)
    meets: list[Outcome] = []
    failed: list[Outcome] = []
    tried = unread = 0
    for sample in list_samples(flow, limit=NEWEST):
        record = read_sample(flow, plain, sample, now=now).record
        if record is None:
            unread += 1
            continue
        tried += 1
        label, at = record.label or record.reference or record.id, sample.received_at
        try:
            done = judge(record, context).done
        except Failure as failure:
            failed.append(Outcome(label, at, "", failure.message))
            continue
        if done:
            meets.append(Outcome(label, at, "; ".join(one.words for one in done)))
    return RuleTrial(tried, unread, meets, failed)
