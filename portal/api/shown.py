"""Fields of answers: what is shown is declared, one by one."""

from datetime import UTC
from typing import TYPE_CHECKING, Any, ClassVar

from drf_spectacular.drainage import set_override
from rest_framework import serializers

from portal.api.parameters import id_schema


class Shown(serializers.Serializer[Any]):
    """An answer; `example` stands in the document."""

    example: ClassVar[dict[str, Any]] = {}

    if TYPE_CHECKING:  # names that are also those of properties of every field
        label: Any
        source: Any
        errors: Any


class Id(serializers.CharField):
    """A public id."""

    def __init__(self, prefix: str, **given: Any) -> None:
        super().__init__(**given)
        set_override(self, "field", id_schema(prefix))


class Moment(serializers.DateTimeField):
    """In UTC, whatever the clock of the company."""

    def __init__(self, **given: Any) -> None:
        super().__init__(default_timezone=UTC, **given)
