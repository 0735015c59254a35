"""What a flow does to each record: reader, rules and writer, as one piece of data with versions."""

from typing import Annotated

import msgspec
from msgspec import Meta

from connectors.lines import Mapping
from flows.rules.rule import Rule


class Logic(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Where a mapping is None it is the connector's own."""

    reader: Mapping | None = None
    rules: Annotated[tuple[Rule, ...], Meta(max_length=100)] = ()
    writer: Mapping | None = None
