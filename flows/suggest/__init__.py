"""Suggest where the attributes of a mapping come from, and say why. Pure: no Django inside.

attributes = attributes_of(Order)
sources = sources_of(samples)
for suggestion in suggest(attributes, sources, knowledge)["lines[].sku"]: ...
"""

from flows.suggest.attributes import Attribute, attributes_of
from flows.suggest.knowledge import Choice, Knowledge
from flows.suggest.propose import Suggestion, suggest
from flows.suggest.reasons import Evidence
from flows.suggest.sources import Source, sources_of

__all__ = [
    "Attribute",
    "Choice",
    "Evidence",
    "Knowledge",
    "Source",
    "Suggestion",
    "attributes_of",
    "sources_of",
    "suggest",
]
