"""Celery's door to what happens to keys by themselves."""

from celery import shared_task


@shared_task(ignore_result=True)
def keep_keys() -> None:
    """A new signing key when the old one is old; and what has ended is forgotten."""
    from allauth.idp.oidc.models import Token

    from ekyam.keys.signing import rotate_if_old

    rotate_if_old()
    Token.objects.expired().delete()
