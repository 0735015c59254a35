"""Make the runtime and system roles in an external PostgreSQL, once per installation."""

from typing import Any

import psycopg
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from ekyam.roles import SYSTEM_ROLE, Login, create_roles


class Command(BaseCommand):
    help = (
        "Makes the role of DATABASE_URL and the system role. Runs as the role of "
        "OWNER_DATABASE_URL, or of --as, which must be a superuser or have CREATEROLE."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--as", dest="url", default=settings.OWNER_DATABASE_URL)

    def handle(self, *args: Any, **options: Any) -> None:
        runtime = settings.DATABASES["default"]
        owner = settings.DATABASES["owner"]["USER"]
        if runtime["USER"] == owner:
            raise CommandError("DATABASE_URL and OWNER_DATABASE_URL name the same role.")
        with psycopg.connect(options["url"]) as connection:
            create_roles(connection, runtime=Login(runtime["USER"], runtime["PASSWORD"]))
            connection.execute(
                psycopg.sql.SQL("GRANT {} TO {}").format(
                    psycopg.sql.Identifier(SYSTEM_ROLE), psycopg.sql.Identifier(owner)
                )
            )
        self.stdout.write(f"{runtime['USER']} and {SYSTEM_ROLE} are ready.")
