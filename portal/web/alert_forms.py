"""The forms of alerts: a rule, and a channel with its address."""

from typing import Any

from django import forms
from django.utils.translation import gettext, gettext_lazy

from flows.alerts.kinds import KINDS
from flows.models import AlertChannel, AlertRule

QUIET = [
    (5, gettext_lazy("5 minutes")),
    (15, gettext_lazy("15 minutes")),
    (60, gettext_lazy("1 hour")),
    (240, gettext_lazy("4 hours")),
    (1440, gettext_lazy("1 day")),
]
FURTHER = [
    (0, gettext_lazy("Never")),
    (15, gettext_lazy("15 minutes")),
    (30, gettext_lazy("30 minutes")),
    (60, gettext_lazy("1 hour")),
    (240, gettext_lazy("4 hours")),
]
# By the kind of the rule: what its number counts, and what that means.
THRESHOLDS = {
    "connection_down": (
        gettext_lazy("Number of minutes"),
        gettext_lazy("After a connection was down for so many minutes. 0: at once."),
    ),
    "dead_letters": (
        gettext_lazy("Number of dead letters"),
        gettext_lazy("From so many dead letters of one cause on."),
    ),
    "flow_silent": (
        gettext_lazy("Number of hours"),
        gettext_lazy(
            "After so many whole hours without a record in which some always came in the weeks "
            "before. It needs two weeks to know."
        ),
    ),
    "stock_drift": (
        gettext_lazy("Number of levels"),
        gettext_lazy("If a full comparison finds so many levels of stock that differ."),
    ),
    "sync_late": (
        gettext_lazy("Number of hours"),
        gettext_lazy("If no full comparison was finished for so many hours."),
    ),
}


class RuleForm(forms.Form):
    is_on = forms.BooleanField(label=gettext_lazy("On"), required=False)
    threshold = forms.IntegerField()
    channels = forms.MultipleChoiceField(
        label=gettext_lazy("Tell at once"), widget=forms.CheckboxSelectMultiple, required=False
    )
    quiet_minutes = forms.TypedChoiceField(
        label=gettext_lazy("Tell again after"),
        coerce=int,
        choices=QUIET,
        help_text=gettext_lazy("While it goes on, and only if there is more of it."),
    )
    escalate_minutes = forms.TypedChoiceField(
        label=gettext_lazy("If nobody acknowledges it, go further after"),
        coerce=int,
        choices=FURTHER,
    )
    further = forms.MultipleChoiceField(
        label=gettext_lazy("Then also tell"), widget=forms.CheckboxSelectMultiple, required=False
    )
    edition = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, rule: AlertRule, channels: list[tuple[str, str]]) -> None:
        super().__init__(*args)
        kind, (label, help) = KINDS[rule.kind], THRESHOLDS[rule.kind]
        self.fields["threshold"] = forms.IntegerField(
            label=label,
            min_value=kind.least,
            max_value=kind.most,
            help_text=help,
        )
        for name in ("channels", "further"):
            self.fields[name].choices = channels  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        said = self.cleaned_data
        if "edition" in self.errors:
            self.add_error(None, gettext("This form is not whole: open the rule again."))
        if not self.errors and said["is_on"] and not said["channels"]:
            self.add_error(
                "channels", gettext("Choose at least one channel, or switch the rule off.")
            )
        return said


class ChannelForm(forms.Form):
    kind = forms.ChoiceField(
        label=gettext_lazy("What it is"),
        choices=[one for one in AlertChannel.Kind.choices if one[0] != "owners"],
    )
    label = forms.CharField(
        label=gettext_lazy("What you call it"),
        max_length=80,
        help_text=gettext_lazy("Such as «Warehouse on call»."),
    )
    address = forms.CharField(
        label=gettext_lazy("Address"),
        max_length=2000,
        widget=forms.TextInput({"autocomplete": "off", "spellcheck": "false"}),
        help_text=gettext_lazy(
            "A mail address; the URL of a Slack incoming webhook or of your own webhook; or a"
            " mobile number with its country. It is stored encrypted and not shown again."
        ),
    )
