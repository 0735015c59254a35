"""The addresses of a person's own account."""

from django.conf import settings
from django.urls import path
from django.views.generic import RedirectView

from portal.account import inbox, passwords, prove, security, set_up

urlpatterns = [
    path("account/prove/", prove.second_factor, name="second_factor"),
    path("account/prove/way/", prove.choose_way, name="choose_way"),
    path("account/prove/send/", prove.send_code, name="send_code"),
    path("account/prove/passkey/", prove.passkey_options, name="passkey_options"),
    path("account/passkey/", prove.passkey_sign_in, name="passkey_sign_in"),
    path("account/passkey/options/", prove.passkey_sign_in_options, name="passkey_sign_in_options"),
    path("account/set-up/", set_up.set_up, name="set_up"),
    path("account/set-up/totp/", set_up.set_up_totp, name="set_up_totp"),
    path("account/set-up/totp/<str:id>/", set_up.confirm_totp, name="confirm_totp"),
    path("account/set-up/phone/", set_up.set_up_phone, name="set_up_phone"),
    path("account/set-up/phone/<str:id>/", set_up.confirm_phone, name="confirm_phone"),
    path("account/set-up/phone/<str:id>/send/", set_up.send_to_phone, name="send_to_phone"),
    path("account/set-up/passkey/", set_up.set_up_passkey, name="set_up_passkey"),
    path("account/set-up/passkey/options/", set_up.new_passkey_options, name="new_passkey_options"),
    path("account/set-up/done/", set_up.set_up_done, name="set_up_done"),
    path("account/security/", security.security, name="security"),
    path("account/security/recovery/", security.recovery_codes, name="recovery_codes"),
    path("account/security/forget/", security.forget, name="forget_browsers"),
    path("account/security/<str:id>/remove/", security.remove, name="remove_factor"),
    # These stand before allauth's own. An address is a name here: a person does not change it.
    path("accounts/password/change/", passwords.change_password, name="account_change_password"),
    path("accounts/password/set/", RedirectView.as_view(pattern_name="account_reset_password")),
    path("accounts/email/", RedirectView.as_view(pattern_name="security")),
    path(
        "accounts/reauthenticate/",
        RedirectView.as_view(pattern_name="second_factor", query_string=True),
    ),
]
if not settings.HARDENED:
    urlpatterns.append(path("dev/inbox/", inbox.inbox, name="inbox"))
