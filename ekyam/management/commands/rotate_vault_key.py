"""Seal every secret with the first key of VAULT_KEYS; afterwards the others may be dropped."""

from typing import Any

from django.core.management.base import BaseCommand

from ekyam.tenants.sealed import reseal_all


class Command(BaseCommand):
    help = "Seals every secret with the first key of VAULT_KEYS. Repeating it does no harm."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{reseal_all()} rows were sealed with the current key.")
