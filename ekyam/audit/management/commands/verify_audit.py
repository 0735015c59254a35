"""Walk the chains of the audit log, and exit with 1 where one is broken."""

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ekyam.audit.verify import Chain, check_chain
from ekyam.tenants.models import Tenant
from ekyam.tenants.scope import tenant_scope

Kept = dict[str, dict[int, str]]


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--tenant", help="The slug of one company; without it, all of them.")
        parser.add_argument(
            "--heads",
            action="store_true",
            help="Print only «slug number digest» of each chain's end, to be kept elsewhere.",
        )
        parser.add_argument(
            "--kept", type=Path, help="A file of such lines: they must be part of the chains still."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        kept = read_kept(options["kept"]) if options["kept"] else {}
        chains = [
            (tenant.slug, check_tenant(tenant, kept.pop(tenant.slug, {})))
            for tenant in find_tenants(options["tenant"])
        ]
        for slug, chain in chains:
            self.stdout.write(
                f"{slug} {chain.length} {chain.head}" if options["heads"] else tell(slug, chain)
            )
        if kept and not options["tenant"]:
            self.stdout.write(f"Kept, and no company any more: {', '.join(sorted(kept))}")
        if any(not chain.is_whole for _, chain in chains) or (kept and not options["tenant"]):
            sys.exit(1)


def find_tenants(slug: str | None) -> list[Tenant]:
    found = Tenant.objects.order_by("slug")
    found = found.filter(slug=slug) if slug else found
    if slug and not found:
        raise CommandError(f"There is no company {slug}.")
    return list(found)


def check_tenant(tenant: Tenant, kept: dict[int, str]) -> Chain:
    with tenant_scope(tenant):
        return check_chain(kept)


def tell(slug: str, chain: Chain) -> str:
    if chain.is_whole:
        return f"{slug}: whole, {chain.length:,} entries, head {chain.head}"
    return "\n".join(
        [f"{slug}: BROKEN, {chain.length:,} entries", *(f"  {b}" for b in chain.breaks)]
    )


def read_kept(path: Path) -> Kept:
    """Of an empty chain nothing need be kept."""
    found: Kept = {}
    for line in path.read_text().splitlines():
        try:
            slug, number, digest = line.split()
            found.setdefault(slug, {})[int(number)] = digest
        except ValueError as error:
            raise CommandError(f"This is no line of --heads: {line[:80]}") from error
    return {slug: {n: d for n, d in heads.items() if n} for slug, heads in found.items()}
