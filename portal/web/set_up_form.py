"""The form of a new connection, made of what its connector declares: where, and by which login."""

from collections.abc import Iterator, Mapping
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.utils.translation import gettext_lazy

from connectors.set_ups import Access
from connectors.spec import Connector
from portal.web.credentials import form_field, mend_key

KEPT = gettext_lazy("Kept. Type only to replace it.")


class AccessForm(forms.Form):
    """A secret that is kept already may stay empty: the kept one stays. None comes back.

    `typed` is what stood in the form of another way to log in: what is no secret in any of them
    stays, also what this way has no field for.
    """

    label = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=80,
        help_text=gettext_lazy("What you call it here, such as Shop or US warehouse."),
    )
    way = forms.CharField(widget=forms.HiddenInput)

    def __init__(
        self,
        given: Any = None,
        *,
        connector: Connector,
        way: Any,
        label: str,
        settings: Mapping[str, Any],
        credentials: Mapping[str, str],
        typed: Mapping[str, str] | None = None,
    ) -> None:
        typed = _told(connector, typed or given or {})
        super().__init__(given, initial={"label": typed.get("label", label), "way": way.name})
        self.connector, self.method = connector, way
        self._settings, self._credentials = settings, credentials
        for field in connector.settings:
            shown = "" if field.secret else settings.get(field.name, field.default)
            shown = typed.get(f"s_{field.name}", shown)
            self.fields[f"s_{field.name}"] = form_field(field, shown)
        for field in way.fields:
            shown = "" if field.secret else credentials.get(field.name, field.default)
            made = form_field(field, typed.get(f"c_{field.name}", shown))
            if field.secret and credentials.get(field.name):
                made.required = False
                made.widget.attrs["placeholder"] = KEPT
            self.fields[f"c_{field.name}"] = made
        self.carried = [(name, typed[name]) for name in typed if name not in self.fields]

    def where(self) -> Iterator[BoundField]:
        """What cannot be left out."""
        yield self["label"]
        for field in self.connector.settings:
            if field.required and not field.default:
                yield self[f"s_{field.name}"]

    def login(self) -> Iterator[BoundField]:
        yield from (self[f"c_{field.name}"] for field in self.method.fields)

    def more(self) -> Iterator[BoundField]:
        """What has a value that does for most."""
        for field in self.connector.settings:
            if not field.required or field.default:
                yield self[f"s_{field.name}"]

    @property
    def more_is_wrong(self) -> bool:
        return any(field.errors for field in self.more())

    def access(self, environment: str) -> Access:
        """Call it when the form is valid. What else is set, such as the pace, is kept."""
        given = self.cleaned_data
        settings = {field.name: given[f"s_{field.name}"] for field in self.connector.settings}
        credentials = {
            field.name: mend_key(given[f"c_{field.name}"]) or self._credentials.get(field.name, "")
            for field in self.method.fields
        }
        return Access(
            label=given["label"],
            environment=environment,
            auth=self.method.name,
            settings={**self._settings, **settings},
            credentials=credentials,
        )


def _told(connector: Connector, typed: Mapping[str, str]) -> dict[str, str]:
    """Without what is a secret, be it by one of the ways only."""
    fields = [("s_", field) for field in connector.settings]
    fields += [("c_", field) for way in connector.auth for field in way.fields]
    secret = {kind + field.name for kind, field in fields if field.secret}
    known = {"label", *(kind + field.name for kind, field in fields)} - secret
    return {name: typed[name] for name in typed if name in known}
