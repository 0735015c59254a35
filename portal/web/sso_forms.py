"""The forms of an identity provider's values; reading them may ask the provider."""

from typing import Any

from django import forms
from django.utils.translation import gettext, gettext_lazy

from ekyam.sso.discovery import read_configuration
from ekyam.sso.failures import Unfit
from ekyam.sso.metadata import fetch_metadata, read_certificates, read_metadata, split_pem
from ekyam.sso.models import IdentityProvider, Kind
from ekyam.sso.remote import check_address
from ekyam.tenants.models import Role

_PLAIN = {"autocomplete": "off", "spellcheck": "false"}
_DEFAULT_ROLES = [
    ("", gettext_lazy("None: whoever is in no such group is refused")),
    *((role.value, role.label) for role in Role if role != Role.OWNER),
]


class NewProviderForm(forms.Form):
    label = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=60,
        help_text=gettext_lazy("As your people know it: the button says «Continue with …»."),
        widget=forms.TextInput({**_PLAIN, "placeholder": "Okta"}),
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("How it speaks"),
        choices=Kind.choices,
        help_text=gettext_lazy(
            "OpenID Connect where you may choose: it is simpler to set up, and to keep."
        ),
    )


class _ValuesForm(forms.Form):
    """`read` returns the fields of the provider; it may send requests. Raises Unfit."""

    label = forms.CharField(
        label=gettext_lazy("Name"), max_length=60, widget=forms.TextInput(_PLAIN)
    )

    def __init__(self, data: Any, *, provider: IdentityProvider) -> None:
        self.provider = provider
        super().__init__(data, initial=self.known(provider))

    def known(self, provider: IdentityProvider) -> dict[str, Any]:
        return {name: getattr(provider, name, None) for name in self.base_fields}

    def read(self) -> dict[str, Any]:
        given = self.cleaned_data
        return {name: given[name] for name in ("label", "group_claim", "default_role")}

    @property
    def secret(self) -> str:
        return str(self.cleaned_data.get("client_secret", ""))


def _group_claim(text: Any) -> forms.CharField:
    return forms.CharField(
        label=gettext_lazy("Where the groups stand"),
        required=False,
        max_length=200,
        help_text=text,
        widget=forms.TextInput(_PLAIN),
    )


def _default_role() -> forms.ChoiceField:
    return forms.ChoiceField(
        label=gettext_lazy("Role of whoever is in none of the groups below"),
        choices=_DEFAULT_ROLES,
        required=False,
    )


class OidcForm(_ValuesForm):
    issuer = forms.CharField(
        label=gettext_lazy("Issuer"),
        max_length=500,
        widget=forms.URLInput({**_PLAIN, "inputmode": "url"}),
    )
    client_id = forms.CharField(
        label=gettext_lazy("Client ID"), max_length=300, widget=forms.TextInput(_PLAIN)
    )
    client_secret = forms.CharField(
        label=gettext_lazy("Client secret"),
        required=False,
        max_length=2000,
        strip=True,
        widget=forms.PasswordInput({**_PLAIN, "autocomplete": "new-password"}),
    )
    group_claim = _group_claim(gettext_lazy("The name of the claim, such as groups."))
    default_role = _default_role()

    def __init__(self, data: Any, *, provider: IdentityProvider) -> None:
        super().__init__(data, provider=provider)
        self.fields["client_secret"].help_text = (
            gettext("One is kept, sealed. Leave this empty to keep it.")
            if provider.client_secret
            else gettext("It is sealed when it is kept, and never shown again.")
        )

    def known(self, provider: IdentityProvider) -> dict[str, Any]:
        return {**super().known(provider), "client_secret": ""}

    def read(self) -> dict[str, Any]:
        given = self.cleaned_data
        issuer = given["issuer"].strip()
        read_configuration(issuer)
        return {**super().read(), "issuer": issuer, "client_id": given["client_id"]}


class SamlForm(_ValuesForm):
    metadata = forms.CharField(
        label=gettext_lazy("Metadata"),
        required=False,
        max_length=200_000,
        help_text=gettext_lazy(
            "The address of your provider's metadata, or the XML itself. It fills in the "
            "three values below."
        ),
        widget=forms.Textarea({**_PLAIN, "rows": 3}),
    )
    issuer = forms.CharField(
        label=gettext_lazy("Its entity ID"),
        required=False,
        max_length=500,
        widget=forms.TextInput(_PLAIN),
    )
    sign_in_url = forms.CharField(
        label=gettext_lazy("Its sign-in URL"),
        required=False,
        max_length=1000,
        help_text=gettext_lazy("Of HTTP-Redirect."),
        widget=forms.URLInput({**_PLAIN, "inputmode": "url"}),
    )
    certificates = forms.CharField(
        label=gettext_lazy("Its signing certificates"),
        required=False,
        max_length=50_000,
        help_text=gettext_lazy(
            "In PEM, one below the other. While it changes, keep the old one beside it."
        ),
        widget=forms.Textarea({**_PLAIN, "rows": 4}),
    )
    group_claim = _group_claim(
        gettext_lazy("The name of the attribute, exactly as your provider sends it.")
    )
    default_role = _default_role()
    allows_unasked = forms.BooleanField(
        label=gettext_lazy("Let people begin at the provider's own page"),
        required=False,
        help_text=gettext_lazy(
            "Without it, each sign-in begins here, and a stolen answer is worth nothing. "
            "Leave it off unless your people need the tile."
        ),
    )

    def known(self, provider: IdentityProvider) -> dict[str, Any]:
        lines = [_pem(one) for one in provider.certificates]
        return {**super().known(provider), "metadata": "", "certificates": "\n".join(lines)}

    def read(self) -> dict[str, Any]:
        unasked = {"allows_unasked": self.cleaned_data["allows_unasked"]}
        return {**super().read(), **unasked, **self._trusted()}

    def _trusted(self) -> dict[str, Any]:
        given = self.cleaned_data
        if metadata := given["metadata"].strip():
            is_address = metadata.startswith(("https://", "http://"))
            found = fetch_metadata(metadata) if is_address else read_metadata(metadata)
            return {
                "issuer": found.issuer,
                "sign_in_url": found.sign_in_url,
                "certificates": list(found.certificates),
            }
        if not (given["issuer"] and given["sign_in_url"] and given["certificates"]):
            raise Unfit(
                gettext("Give the metadata, or all three of entity ID, sign-in URL, certificates.")
            )
        return {
            "issuer": given["issuer"],
            "sign_in_url": check_address(given["sign_in_url"], "sign-in URL"),
            "certificates": list(read_certificates(split_pem(given["certificates"]))),
        }


def values_form(provider: IdentityProvider, data: Any = None) -> OidcForm | SamlForm:
    kind = OidcForm if provider.kind == Kind.OIDC else SamlForm
    return kind(data, provider=provider)


class GroupForm(forms.Form):
    group = forms.CharField(
        label=gettext_lazy("Group"), max_length=200, widget=forms.TextInput(_PLAIN)
    )
    role = forms.ChoiceField(
        label=gettext_lazy("Role here"),
        choices=[(r.value, r.label) for r in Role],
        initial=Role.VIEWER,
    )


class DomainForm(forms.Form):
    domain = forms.CharField(
        label=gettext_lazy("Domain"),
        max_length=253,
        widget=forms.TextInput({**_PLAIN, "placeholder": "example.com"}),
    )


def _pem(certificate: str) -> str:
    lines = [certificate[at : at + 64] for at in range(0, len(certificate), 64)]
    return "\n".join(("-----BEGIN CERTIFICATE-----", *lines, "-----END CERTIFICATE-----"))
