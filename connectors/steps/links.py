"""Steps that ask what the same record is called in the target."""

from typing import Annotated, Any, Literal

from msgspec import Meta

from connectors.standard import resources
from connectors.steps.step import Here, Step, word_of


class LinkTo(Step, frozen=True, tag="link"):
    """The target's id of the linked record. The delivery waits while there is none."""

    label, group = "Id in the target", "Links"

    resource: Annotated[str, Meta(title="Kind of record", min_length=1, max_length=40)]
    by: Annotated[Literal["id", "reference"], Meta(title="The value is its")] = "id"

    def check(self) -> None:
        if self.resource not in resources():
            raise ValueError(f"links to «{self.resource}», a kind of record that there is not")

    def apply(self, value: Any, here: Here) -> str:
        return here.context.link(self.resource, word_of(value), self.by)
