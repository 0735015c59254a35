"""The form of a connection's credentials, made from what its connector declares."""

import re
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext

from connectors.spec import Field

_PEM = re.compile(r"(-----BEGIN [A-Z ]+-----)(.+)(-----END [A-Z ]+-----)", re.DOTALL)


class CredentialsForm(forms.Form):
    """`known` fills in what may be shown; a secret is neither shown nor kept in the page.

    `missing` are settings without which nobody knows where the system is.
    """

    def __init__(
        self,
        *args: Any,
        fields: Sequence[Field],
        known: Mapping[str, str],
        missing: Sequence[Field] = (),
    ) -> None:
        super().__init__(*args)
        for field in missing:
            self.fields[f"s_{field.name}"] = form_field(field, field.default)
        for field in fields:
            shown = "" if field.secret else known.get(field.name, field.default)
            self.fields[field.name] = form_field(field, shown)

    def clean(self) -> dict[str, Any]:
        return {name: mend_key(value) for name, value in self.cleaned_data.items()}

    def settings(self) -> dict[str, str]:
        return {name[2:]: value for name, value in self.cleaned_data.items() if name[:2] == "s_"}

    def credentials(self) -> dict[str, str]:
        return {name: value for name, value in self.cleaned_data.items() if name[:2] != "s_"}


def form_field(field: Field, shown: str) -> forms.Field:
    given: dict[str, Any] = {
        "label": field.label,
        "help_text": field.help,
        "required": field.required,
        "initial": shown,
    }
    if field.choices:
        return forms.ChoiceField(choices=field.choices, **given)
    attributes = {"autocomplete": "off", "spellcheck": "false"}
    widget = forms.PasswordInput if field.secret else forms.TextInput
    given |= {"widget": widget(attributes), "validators": _validators(field)}
    return _Text(strip_of=field.strip, max_length=20_000, **given)


class _Text(forms.CharField):
    """`strip_of` is what a connector says stands around what is meant."""

    def __init__(self, *, strip_of: str, **given: Any) -> None:
        super().__init__(**given)
        self._around = re.compile(strip_of)

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        return self._around.sub("", text) if isinstance(text, str) else text


def _validators(field: Field) -> list[RegexValidator]:
    if not field.pattern:
        return []
    words = gettext("This does not look as it should; see where to find it.")
    return [RegexValidator(re.compile(rf"\A(?:{field.pattern})\Z"), words)]


def mend_key(value: str) -> str:
    """A password input swallows the line breaks of a key in PEM form."""
    found = _PEM.fullmatch(value)
    if found is None:
        return value
    head, body, tail = found.groups()
    lines = textwrap.wrap("".join(body.split()), 64)
    return "\n".join((head, *lines, tail, ""))
