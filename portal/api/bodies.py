"""What may stand in a body: JSON, in the types that are declared, and no field besides."""

from collections.abc import Iterator, Mapping
from typing import IO, TYPE_CHECKING, Any

import msgspec
from drf_spectacular.drainage import set_override
from rest_framework import serializers
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

from ekyam import ids
from portal.api.parameters import MOST_TEXT, id_schema, read_moment
from portal.api.problems import Problem, pointing

MOST_LEVELS = 64


class StrictJson(BaseParser):
    """JSON in UTF-8, as RFC 8259 has it: no NaN, no lone surrogate; and no NUL, which PostgreSQL
    cannot keep."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        content = stream.read()
        try:
            found = msgspec.json.decode(content)
        except RecursionError as error:
            raise ParseError("It is nested too deeply.") from error
        except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError) as error:
            raise ParseError(f"It is no JSON: {error}.") from error
        _refuse_unfit(found)
        return found


def _refuse_unfit(found: Any) -> None:
    """What is nested deeper than any record is, and NUL in a text or a name; without recursion."""
    level = [found]
    for _ in range(MOST_LEVELS):
        inside: list[Any] = []
        for one in level:
            if isinstance(one, str) and "\x00" in one:
                raise ParseError("It holds the character NUL, which cannot be kept.")
            if isinstance(one, dict):
                inside += [*one, *one.values()]
            elif isinstance(one, list):
                inside += one
        level = inside
    if level:
        raise ParseError(f"It is nested more than {MOST_LEVELS} deep.")


class Input(serializers.Serializer[Any]):
    """A body that is read: an unknown field is refused, for it may be a misspelt one."""

    if TYPE_CHECKING:  # a name that is also that of a property of every field
        label: Any

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            unknown = sorted(set(data) - set(self.fields))
            if unknown:
                wrong = {name: ["This field is not declared."] for name in unknown}
                raise serializers.ValidationError(wrong)
        return super().to_internal_value(data)


def read_body(body: type[Input] | None, given: Any) -> dict[str, Any]:
    """Raises Problem, pointing at each field that is wrong."""
    if body is None:
        if given:
            raise pointing("invalid_body", "body", "This request takes none.")
        return {}
    form = body(data=given)
    if not form.is_valid():
        errors = list(_flat(form.errors, ""))
        told = " ".join(f"{one['at']}: {one['detail']}" for one in errors)
        raise Problem("invalid_body", told, errors=errors)
    return dict(form.validated_data)


def _flat(errors: Any, at: str) -> Iterator[dict[str, str]]:
    """DRF's nested errors as a list that points: «filter.state»."""
    if isinstance(errors, Mapping):
        for name, inside in errors.items():
            here = at if name == "non_field_errors" else f"{at}.{name}".lstrip(".")
            yield from _flat(inside, here)
    elif isinstance(errors, list):
        for inside in errors:
            yield from _flat(inside, at)
    else:
        yield {"at": at or "body", "detail": str(errors)}


class Text(serializers.CharField):
    """A string and nothing that could be made one."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**{"trim_whitespace": False, "max_length": MOST_TEXT, **given})

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return str(super().to_internal_value(data))


class YesNo(serializers.BooleanField):
    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return bool(data)


class Whole(serializers.IntegerField):
    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool) or not isinstance(data, int | float) or data != int(data):
            self.fail("invalid")
        return int(super().to_internal_value(int(data)))


class OneOf(serializers.ChoiceField):
    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str):
            self.fail("invalid_choice", input=data)
        return super().to_internal_value(data)


class MomentIn(serializers.DateTimeField):
    def to_internal_value(self, value: Any) -> Any:
        if not isinstance(value, str):
            raise serializers.ValidationError("It must be a string.")
        try:
            return read_moment(value)
        except ValueError as error:
            raise serializers.ValidationError(str(error)) from error


class IdIn(serializers.CharField):
    """A public id; the value is its UUID."""

    def __init__(self, prefix: str, **given: Any) -> None:
        super().__init__(**given)
        self.prefix = prefix
        set_override(self, "field", id_schema(prefix))

    def to_internal_value(self, data: Any) -> Any:
        try:
            return ids.parse(self.prefix, data if isinstance(data, str) else "")
        except ids.UnknownId as error:
            words = f"It must be an id that starts with {self.prefix}_."
            raise serializers.ValidationError(words) from error
