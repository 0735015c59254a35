"""For somebody who has lost every second factor, once staff has made sure who asks."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ekyam.people.operations import reset_factors
from ekyam.tenants.models import User


class Command(BaseCommand):
    help = "Takes away all second factors, recovery codes and remembered browsers of a person."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")

    def handle(self, *args: Any, email: str, **options: Any) -> None:
        user = User.objects.filter(email=email).first()
        if user is None:
            raise CommandError("Nobody has this address.")
        reset_factors(user)
        self.stdout.write(f"{email} signs in by the password alone now, and was told by mail.")
