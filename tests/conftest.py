"""Servers, databases and settings for every test: the runtime role tests, the owner sets up."""

import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.core.cache import caches
from django.db import connections
from django.test import TransactionTestCase
from django.test.utils import setup_databases, teardown_databases
from pytest_django import DjangoDbBlocker

from tests import servers
from tests.sandboxes import sandbox_server
from tests.world import World, build_world

KEPT_TABLES = ("django_migrations", "django_content_type", "auth_permission")
AUDIT = "ALTER TABLE audit_auditentry"
_stack = ExitStack()


def pytest_configure(config: pytest.Config) -> None:
    servers.start(_stack)
    servers.point_settings_at_them()
    # The product's hasher is slow on purpose.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.EKYAM_REFUSAL_SECONDS = settings.EKYAM_KEY_REFUSAL_SECONDS = 0.0
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"


def pytest_unconfigure(config: pytest.Config) -> None:
    _stack.close()


@pytest.fixture(scope="session")
def django_db_setup(
    request: pytest.FixtureRequest,
    django_test_environment: None,
    django_db_blocker: DjangoDbBlocker,
    django_db_modify_db_settings: None,
) -> Iterator[None]:
    """Make this worker's database as its owner, and let the runtime role into the same one."""
    connections["default"].settings_dict["TEST"]["MIRROR"] = "owner"
    with django_db_blocker.unblock():
        config = setup_databases(
            verbosity=0,
            interactive=False,
            aliases=["owner", "default"],  # type: ignore[arg-type]
            serialized_aliases=[],
        )
        yield
        for connection in connections.all(initialized_only=True):
            connection.close()
        connections["default"].close_pool()  # type: ignore[attr-defined]
        teardown_databases(config, verbosity=0)


def truncate_as_owner(case: TransactionTestCase) -> None:
    """Empty the tables after a test that commits: the runtime role has no right to truncate."""
    with connect_as_owner(autocommit=True) as connection:
        tables = connection.execute(
            "SELECT string_agg(format('%%I', tablename), ', ') FROM pg_tables"
            " WHERE schemaname = 'public' AND NOT tablename = ANY(%s)",
            [list(KEPT_TABLES)],
        ).fetchone()
        assert tables
        # The audit log cannot be emptied by anybody; in tests its owner takes the guard away.
        connection.execute(
            f"SET lock_timeout = '10s'; BEGIN; {AUDIT} DISABLE TRIGGER never_emptied;"
            f" TRUNCATE {tables[0]}; {AUDIT} ENABLE TRIGGER never_emptied; COMMIT".encode()
        )


def connect_as_owner(*, autocommit: bool = False) -> psycopg.Connection:
    """Past Django, which lets a test use only the aliases that it names."""
    owner = connections["owner"].settings_dict
    return psycopg.connect(
        host=owner["HOST"],
        port=owner["PORT"],
        user=owner["USER"],
        password=owner["PASSWORD"],
        dbname=owner["NAME"],
        autocommit=autocommit,
    )


TransactionTestCase._fixture_teardown = truncate_as_owner  # type: ignore[attr-defined]


@pytest.fixture(autouse=True)
def counters_of_our_own(settings: Any) -> Iterator[None]:
    """What is counted by address, and what was read once, is kept in the one Valkey of all tests:
    without this the refusals of one test would be held against another."""
    mine = {**settings.CACHES["default"], "KEY_PREFIX": uuid.uuid4().hex}
    settings.CACHES = {"default": mine}
    yield
    for pool in caches["default"]._cache._pools.values():  # type: ignore[attr-defined]
        pool.disconnect()  # else its sockets stay open until the collector comes by


@pytest.fixture
def world(db: None) -> World:
    """Two tenants that look alike, an owner and a viewer in each."""
    return build_world()


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """Where the sandboxes are; each test has a world of its own in them."""
    with sandbox_server() as found:
        yield found
