"""The database roles: the owner of the tables, the runtime that is bound by policies, the system.

`ekyam_system` signs in nowhere. The others are members of it without inheriting its rights, so
they see every tenant only after they ask for it by SET ROLE.
"""

from collections.abc import Iterator
from typing import NamedTuple

import psycopg
from psycopg import sql

SYSTEM_ROLE = "ekyam_system"


class Login(NamedTuple):
    name: str
    password: str


def create_roles(
    connection: psycopg.Connection, *, runtime: Login, owner: Login | None = None
) -> None:
    """Make the roles as a superuser, or as an owner who has CREATEROLE; again changes nothing."""
    _ensure_role(connection, SYSTEM_ROLE, "NOLOGIN")
    # NOINHERIT must stand before the grant: PostgreSQL 16 and later remember it in the grant.
    _ensure_role(connection, runtime.name, "LOGIN NOINHERIT", runtime.password)
    grantees = [runtime.name]
    if owner:
        _ensure_role(connection, owner.name, "LOGIN NOINHERIT CREATEDB", owner.password)
        grantees.append(owner.name)
    for name in grantees:
        connection.execute(
            sql.SQL("GRANT {} TO {}").format(sql.Identifier(SYSTEM_ROLE), sql.Identifier(name))
        )


def create_database(connection: psycopg.Connection, *, name: str, owner: str) -> None:
    """Make the database unless it is there; the connection must be in autocommit."""
    if _exists(connection, "SELECT 1 FROM pg_database WHERE datname = %s", name):
        return
    connection.execute(
        sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(name), sql.Identifier(owner))
    )


def _ensure_role(
    connection: psycopg.Connection, name: str, attributes: str, password: str = ""
) -> None:
    is_there = _exists(connection, "SELECT 1 FROM pg_roles WHERE rolname = %s", name)
    statement = sql.SQL(" ").join(
        [
            sql.SQL("ALTER ROLE" if is_there else "CREATE ROLE"),
            sql.Identifier(name),
            sql.SQL(attributes),
            *_with_password(password),
        ]
    )
    connection.execute(statement)


def _with_password(password: str) -> Iterator[sql.Composable]:
    if password:
        yield sql.SQL("PASSWORD")
        yield sql.Literal(password)


def _exists(connection: psycopg.Connection, query: str, name: str) -> bool:
    return connection.execute(query, [name]).fetchone() is not None
