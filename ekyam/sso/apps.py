"""The app that Django loads for single sign-on."""

from django.apps import AppConfig


class SsoConfig(AppConfig):
    name = "ekyam.sso"

    def ready(self) -> None:
        from django.contrib.auth.signals import user_logged_in

        from ekyam.sso.enforcement import look_once_more

        # Every way in ends there, whoever wrote it: the password guard covers passwords alone.
        user_logged_in.connect(look_once_more, dispatch_uid="ekyam.sso")
