"""What speaks for a suggestion, in plain words."""

from dataclasses import dataclass
from typing import Literal

from flows.suggest.features import TELLING, Pair
from flows.suggest.knowledge import Tally
from flows.suggest.names import looks_wanted

Sort = Literal["name", "type", "values", "position", "history", "model"]


@dataclass(frozen=True)
class Evidence:
    """One reason: `speaks_for` is False where it makes the suggestion less sure.

    It may quote a sample value: it is for the eyes of the tenant whose samples they are.
    """

    sort: Sort
    text: str
    speaks_for: bool = True


_SAID = {
    "email": "an e-mail address",
    "phone": "a phone number",
    "sku": "a SKU",
    "currency": "a currency code",
    "country": "a country",
    "date": "a date",
    "epoch": "seconds since 1970",
    "awb": "a tracking number",
    "gtin": "a GTIN with a right check digit",
    "postcode": "a postal code",
    "money": "an amount",
    "number": "a number",
    "small": "a small number",
    "boolean": "yes or no",
    "url": "a web address",
    "id": "an id",
    "document": "a document's number",
    "words": "words",
    "word": "a word",
    "street": "a street with a house number",
    "unit": "a unit of weight",
    "fraction": "a rate",
    "html": "HTML",
    "code": "a code",
}
_KINDS = {
    "text": "text",
    "choice": "one of the standard's values",
    "whole": "a whole number",
    "decimal": "a decimal",
    "money": "an amount",
    "boolean": "yes or no",
    "date": "a date",
    "list": "a list",
    "object": "an object",
    "mixed": "now this, now that",
    "empty": "empty in all samples",
}


def reasons_for(pair: Pair, tally: Tally) -> tuple[Evidence, ...]:
    found = (_name(pair), _type(pair), *_values(pair), _position(pair), *_history(tally))
    return tuple(one for one in found if one is not None)


def _name(pair: Pair) -> Evidence:
    said, source = pair.names, pair.source
    name = source.names[-1] if source.names else source.path
    phrase = " ".join(said.phrase)
    if said.is_exact:
        return Evidence("name", f"«{name}» means «{phrase}».")
    if said.said >= 0.5:
        return Evidence("name", f"«{name}» is close to «{phrase}».", speaks_for=said.said > 0.7)
    return Evidence("name", f"The name «{name}» does not say so.", speaks_for=False)


def _type(pair: Pair) -> Evidence:
    theirs, ours = _KINDS[pair.source.kind], _KINDS[pair.attribute.kind]
    if theirs == ours:
        return Evidence("type", f"Both are {ours}.")
    fits = pair.features.kind >= 0.5
    return Evidence("type", f"It is {theirs}, and {ours} is wanted.", speaks_for=fits)


def _values(pair: Pair) -> list[Evidence]:
    source, found = pair.source, []
    shown = f", such as «{source.samples[0][:40]}»" if source.samples else ""
    wanted = looks_wanted(pair.attribute) | ({"date"} if pair.attribute.kind == "date" else set())
    seen = sorted(((source.looks.get(look, 0.0), look) for look in wanted), reverse=True)
    if seen and seen[0][0] > 0:
        share, look = seen[0]
        found.append(_looking(share, look, shown, is_right=True))
    if pair.features.against > 0.5:
        share, look = max((source.looks[look], look) for look in TELLING & source.looks.keys())
        found.append(_looking(share, look, shown, is_right=False))
    if pair.features.allowed:
        found.append(Evidence("values", "Its values are words that the standard knows."))
    if source.filled < 0.5:
        text = f"Only {source.filled:.0%} of the samples have it."
        found.append(Evidence("values", text, speaks_for=False))
    return found


def _looking(share: float, look: str, shown: str, *, is_right: bool) -> Evidence:
    many = "All" if share == 1 else f"{share:.0%} of the"
    return Evidence("values", f"{many} samples look like {_SAID[look]}{shown}.", is_right)


def _position(pair: Pair) -> Evidence | None:
    features, source = pair.features, pair.source
    around = source.lists[-1] if source.lists else source.parent
    if features.strange:
        return Evidence("position", "Its name speaks of another part of the record.", False)
    if around and features.family > 0.9:
        return Evidence("position", f"What belongs beside it is in «{around}» too.")
    if not features.same_lists:
        return Evidence("position", "It is in another list than one would think.", False)
    return None


def _history(tally: Tally) -> list[Evidence]:
    if not (tally.accepted or tally.refused):
        return []
    text = f"Before: {_times('accepted', tally.accepted)}, {_times('refused', tally.refused)}."
    return [Evidence("history", text, tally.accepted > tally.refused)]


def _times(done: str, count: int) -> str:
    often = {1: "once", 2: "twice"}.get(count, f"{count} times")
    return f"{done} {often}" if count else f"never {done}"
