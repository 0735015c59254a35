"""Make the key that tokens are signed with from now on, or take back one that has leaked."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from ekyam.keys import signing


class Command(BaseCommand):
    help = "Makes a new key to sign tokens with; it is published at once and signs in 15 minutes."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--leaked",
            action="store_true",
            help="sign with it at once, and end every token that was signed before",
        )

    def handle(self, *args: Any, leaked: bool = False, **options: Any) -> None:
        key = signing.rotate(has_leaked=leaked)
        self.stdout.write(f"{key.kid} signs from {key.signs_from:%Y-%m-%d %H:%M:%S} UTC.")
