"""Somebody who has given a second factor as well."""

from django.test import Client
from django_otp import DEVICE_ID_SESSION_KEY
from django_otp.plugins.otp_static.models import StaticDevice

from ekyam.tenants.models import User


def verify(client: Client, user: User) -> Client:
    """Mark the client's session as django_otp.login does."""
    device, _ = StaticDevice.objects.get_or_create(user=user, name="test")
    session = client.session
    session[DEVICE_ID_SESSION_KEY] = device.persistent_id
    session.save()
    return client
