"""Connections of urllib3 that go to a checked address only, and keep one deadline throughout."""

import os
import socket
import ssl
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from ipaddress import ip_address
from typing import Any

import certifi
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.poolmanager import PoolManager

from ekyam.networks import is_refused

Address = tuple[Any, ...]


class RefusedAddress(Exception):
    """The name leads to an address that is not on the public internet."""


class _Exchange(threading.local):
    """The request that this thread is at; a connection serves one thread at a time."""

    deadline: float = 0.0
    is_sent: bool = False

    def begin(self, seconds: float) -> None:
        self.deadline = time.monotonic() + seconds
        self.is_sent = False

    def remaining(self) -> float:
        seconds = self.deadline - time.monotonic()
        if seconds <= 0:
            raise TimeoutError("the deadline has passed")
        return seconds


exchange = _Exchange()


@cache
def _resolvers() -> ThreadPoolExecutor:
    """getaddrinfo knows no timeout, so it runs aside and is given up at the deadline."""
    return ThreadPoolExecutor(max_workers=8, thread_name_prefix="resolve")


# A fork has none of its parent's threads.
os.register_at_fork(after_in_child=_resolvers.cache_clear)


class _DeadlineSocket(socket.socket):
    """A timeout per read would let a server that drips bytes hold us forever."""

    def recv_into(self, *args: Any, **kwargs: Any) -> int:
        self.settimeout(exchange.remaining())
        return super().recv_into(*args, **kwargs)

    def sendall(self, *args: Any, **kwargs: Any) -> None:
        self.settimeout(exchange.remaining())
        super().sendall(*args, **kwargs)


class _DeadlineSSLSocket(ssl.SSLSocket):
    def recv_into(self, *args: Any, **kwargs: Any) -> int:
        self.settimeout(exchange.remaining())
        return super().recv_into(*args, **kwargs)

    def send(self, *args: Any, **kwargs: Any) -> int:
        self.settimeout(exchange.remaining())
        return super().send(*args, **kwargs)


def _resolve(host: str, port: int) -> list[tuple[int, Address]]:
    asked = _resolvers().submit(socket.getaddrinfo, host, port, 0, socket.SOCK_STREAM)
    answers = asked.result(exchange.remaining())
    return [(int(family), address) for family, _, _, _, address in answers]


def _connect(family: int, address: Address) -> socket.socket:
    connection = _DeadlineSocket(family, socket.SOCK_STREAM)
    try:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.settimeout(exchange.remaining())
        connection.connect(address)
    except BaseException:
        connection.close()
        raise
    return connection


def _connect_checked(host: str, port: int, allows_private: bool) -> socket.socket:
    """Connect to the very address that was checked: a second look-up could answer differently."""
    found = _resolve(host, port)
    if not allows_private:
        for _, address in found:
            if is_refused(ip_address(address[0])):
                raise RefusedAddress(f"{host} leads to {address[0]}, which is not public")
    failure: OSError = OSError(f"{host} has no address")
    for family, address in found:
        try:
            return _connect(family, address)
        except OSError as error:
            failure = error
    raise failure


class _Connection(HTTPConnection):
    allows_private = False

    def _new_conn(self) -> socket.socket:
        return _connect_checked(self._dns_host, self.port or self.default_port, self.allows_private)

    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()
        exchange.is_sent = True
        super().send(data)


class _SecureConnection(_Connection, HTTPSConnection):
    pass


class _AllowedConnection(_Connection):
    allows_private = True


class _AllowedSecureConnection(_SecureConnection):
    allows_private = True


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


class _AllowedPool(HTTPConnectionPool):
    ConnectionCls = _AllowedConnection


class _AllowedSecurePool(HTTPSConnectionPool):
    ConnectionCls = _AllowedSecureConnection


def make_pools(*, allows_private: bool) -> PoolManager:
    """Return keep-alive pools for all threads, which never share a connection with the others."""
    context = _make_context()
    pools = PoolManager(num_pools=200, maxsize=64, block=False, ssl_context=context)
    pools.pool_classes_by_scheme = (
        {"http": _AllowedPool, "https": _AllowedSecurePool}
        if allows_private
        else {"http": _Pool, "https": _SecurePool}
    )
    return pools


def _make_context() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    context.sslsocket_class = _DeadlineSSLSocket
    return context


def shake_hands(host: str, port: int, *, allows_private: bool) -> dict[str, Any]:
    """The certificate that a host shows, as ssl reads it, if it is one to be trusted.

    Raises RefusedAddress, OSError. The deadline is that of `exchange`.
    """
    plain = _connect_checked(host, port, allows_private)
    with plain, _make_context().wrap_socket(plain, server_hostname=host) as secure:
        return dict(secure.getpeercert() or {})
