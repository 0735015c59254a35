"""What people accepted and refused before: names of fields, never a value and never a tenant."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

LONGEST = 200

# What a company made for itself: its names may say what nobody else is to know.
_CUSTOM = re.compile(
    r"""(^|[.\[\]"])(
        cust(body|col|entity|event|item|itemnumber|record|page|list|recordid)[_0-9a-z]*  # NetSuite
        | u_[^.\[\]]*  # SAP Business One
        | [^.\[\]]*__c  # Salesforce
        | meta_?(field|data)[a-z_]* | note_attributes | properties | attributes
        | custom(?!er)[^.\[\]]* | [a-z0-9_]*_?custom_?(field|attribute|value)[a-z_]*
        | user_?defined[a-z_]*
        | x-[^.\[\]]* | udf[^.\[\]]*
    )($|[.\[\]"])""",
    re.IGNORECASE | re.VERBOSE,
)
_NAME = re.compile(r'([A-Za-z_][A-Za-z0-9_]{0,60}|"[A-Za-z_][A-Za-z0-9_-]{0,60}")(\[\])*')


@dataclass(frozen=True)
class Choice:
    """A person's answer to one suggestion; both paths are as suggestions have them."""

    connector: str
    stream: str
    attribute: str
    source: str
    is_accepted: bool


Key = tuple[str, str, str, str]


@dataclass(frozen=True)
class Tally:
    accepted: int = 0
    refused: int = 0


@dataclass(frozen=True)
class Knowledge:
    """How often a source was accepted and refused for an attribute of one connector's stream.

    The key is (connector, stream, attribute's path, source's path).
    """

    tallies: Mapping[Key, Tally] = field(default_factory=dict)

    def of_stream(self, connector: str, stream: str) -> dict[tuple[str, str], Tally]:
        """What was chosen for one stream, by the paths of attribute and source."""
        return {
            (attribute, source): tally
            for (theirs, of, attribute, source), tally in self.tallies.items()
            if theirs == connector and of == stream
        }


def fold(knowledge: Knowledge, choice: Choice) -> Knowledge:
    """What is known after one more choice; what is no path of reasonable length is not learned."""
    key = (choice.connector, choice.stream, choice.attribute, choice.source)
    if not all(0 < len(part) <= LONGEST for part in key):
        return knowledge
    known = knowledge.tallies.get(key, Tally())
    now = (
        replace(known, accepted=known.accepted + 1)
        if choice.is_accepted
        else replace(known, refused=known.refused + 1)
    )
    return Knowledge({**knowledge.tallies, key: now})


def merge(*parts: Knowledge) -> Knowledge:
    """One tenant's own knowledge and what all share, added up."""
    tallies: dict[Key, Tally] = {}
    for part in parts:
        for key, tally in part.tallies.items():
            known = tallies.get(key, Tally())
            tallies[key] = Tally(known.accepted + tally.accepted, known.refused + tally.refused)
    return Knowledge(tallies)


def is_custom(path: str) -> bool:
    """Whether a company made this field for itself, by the marks that systems give such fields."""
    return bool(_CUSTOM.search(path))


def is_plain(path: str) -> bool:
    """Whether the path is made of words that a program would use for fields."""
    return all(_NAME.fullmatch(name) for name in path.split("."))


def may_share(choice: Choice, *, attributes: Iterable[str], published: Iterable[str]) -> bool:
    """Whether a choice may leave its tenant.

    `attributes` are the paths of the standard resource. `published` are the paths that the
    connector itself brings (sources_of its own samples): what stands there is the vendor's, and
    all else may be the tenant's own, whatever it is called. A custom field is never shared, even
    if it stands there.
    """
    is_vendors = choice.source in frozenset(published) and not is_custom(choice.source)
    return is_plain(choice.source) and is_vendors and choice.attribute in frozenset(attributes)
