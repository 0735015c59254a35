"""The forms of keys and applications: only what their maker may do can be chosen."""

from typing import Any

from django import forms
from django.utils.translation import gettext, gettext_lazy

from ekyam.keys.operations import GRANTABLE, USUAL_DAYS
from ekyam.keys.redirects import UnfitRedirect, read_redirects
from ekyam.tenants.rights import Right

LIVES = [
    (30, gettext_lazy("30 days")),
    (90, gettext_lazy("90 days")),
    (180, gettext_lazy("180 days")),
    (365, gettext_lazy("1 year")),
    (730, gettext_lazy("2 years")),
]


def choices_of(may: frozenset[Right]) -> list[tuple[str, str]]:
    return [(right.value, str(right.label)) for right in Right if right in may & GRANTABLE]


class KeyForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=120,
        help_text=gettext_lazy("What uses it, such as «Price import»: the audit log says it."),
    )
    rights = forms.MultipleChoiceField(
        label=gettext_lazy("It may"), widget=forms.CheckboxSelectMultiple, initial=[Right.LOOK]
    )
    days = forms.TypedChoiceField(
        label=gettext_lazy("It ends after"),
        coerce=int,
        choices=LIVES,
        initial=USUAL_DAYS,
        help_text=gettext_lazy(
            "Before that you rotate it: the old and the new one both work for a week."
        ),
    )

    def __init__(self, *args: Any, may: frozenset[Right]) -> None:
        super().__init__(*args)
        self.fields["rights"].choices = choices_of(may)  # type: ignore[attr-defined]


class ApplicationForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=100,
        help_text=gettext_lazy("Your people see it when they sign in."),
    )
    rights = forms.MultipleChoiceField(
        label=gettext_lazy("By itself it may"), widget=forms.CheckboxSelectMultiple, required=False
    )
    redirects = forms.CharField(
        label=gettext_lazy("Addresses that people are sent back to"),
        required=False,
        max_length=6000,
        widget=forms.Textarea({"rows": 3, "spellcheck": "false"}),
        help_text=gettext_lazy(
            "One a line, exactly as the application sends it. For signing in with Ekyam."
        ),
    )
    asks = forms.BooleanField(
        label=gettext_lazy("Ask each person before it is told who they are"),
        required=False,
        initial=True,
    )

    def __init__(self, *args: Any, may: frozenset[Right]) -> None:
        super().__init__(*args)
        self.fields["rights"].choices = choices_of(may)  # type: ignore[attr-defined]

    def clean_redirects(self) -> list[str]:
        try:
            return read_redirects(self.cleaned_data["redirects"])
        except UnfitRedirect as error:
            raise forms.ValidationError(str(error)) from error

    def clean(self) -> dict[str, Any]:
        said = self.cleaned_data
        if not self.errors and not said["rights"] and not said["redirects"]:
            raise forms.ValidationError(
                gettext(
                    "Choose what it may do by itself, or say where people are sent back to: else it"
                    " would be of no use."
                )
            )
        return said
