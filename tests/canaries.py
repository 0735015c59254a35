"""Secrets that sing wherever they are found: put in by the real doors, looked for everywhere."""

import base64
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from urllib.parse import quote

import psycopg
import redis

_READABLE = """
SELECT table_name FROM information_schema.tables
 WHERE table_schema = 'public' AND table_type = 'BASE TABLE'
"""


@dataclass
class Canaries:
    """Secrets by where each was put."""

    planted: dict[str, str] = field(default_factory=dict)

    def plant(self, where: str, prefix: str = "") -> str:
        """A new one: such as nobody guesses, and nothing else holds by chance."""
        assert where not in self.planted
        secret = f"{prefix}Canary{secrets.token_hex(12)}"
        self.planted[where] = secret
        return secret

    def take(self, where: str, secret: str) -> str:
        """One that Ekyam itself has made, such as a key that is shown once."""
        assert where not in self.planted and len(secret) >= 6
        self.planted[where] = secret
        return secret

    def find_in(self, text: bytes | str) -> set[str]:
        """Where those were put that sing in it: plain, in hex, in Base64 and as of an address."""
        held = text.encode("utf-8", "surrogateescape") if isinstance(text, str) else text
        return {
            where
            for where, secret in self.planted.items()
            if any(form in held for form in forms_of(secret))
        }


def forms_of(secret: str) -> set[bytes]:
    """As it may be written down. Of Base64 all three alignments, without their ragged ends."""
    plain = secret.encode()
    found = {plain, plain.hex().encode(), quote(secret, safe="").encode(), plain[::-1]}
    for pad in range(3):
        coded = base64.b64encode(b"x" * pad + plain)
        inner = coded[4 if pad else 0 : -4]
        found |= {inner, inner.replace(b"+", b"-").replace(b"/", b"_")}
    return found


def dump(owner: psycopg.Connection) -> Iterator[tuple[str, bytes]]:
    """Every row of every table, as pg_dump would write them; bytes also as they are."""
    for (table,) in owner.execute(_READABLE).fetchall():
        with owner.cursor() as cursor:
            with cursor.copy(f'COPY public."{table}" TO STDOUT'.encode()) as rows:
                yield table, b"".join(bytes(part) for part in rows)
            cursor.execute(f'SELECT * FROM public."{table}"'.encode())
            yield (
                table,
                b"\n".join(
                    bytes(cell)
                    for row in cursor
                    for cell in row
                    if isinstance(cell, bytes | memoryview)
                ),
            )


def keys_of(valkey: redis.Redis) -> Iterator[tuple[str, bytes]]:
    """Every key with all that it holds, as the server itself would write it to its disk."""
    for key in valkey.scan_iter("*"):
        kind = valkey.type(key)
        held: Iterable[object]
        if kind == b"string":
            held = [valkey.get(key)]
        elif kind == b"list":
            held = valkey.lrange(key, 0, -1)
        elif kind == b"hash":
            held = [part for pair in valkey.hgetall(key).items() for part in pair]
        elif kind == b"zset":
            held = valkey.zrange(key, 0, -1)
        else:
            held = valkey.smembers(key) if kind == b"set" else [valkey.dump(key)]
        yield key.decode(errors="replace"), b"\n".join([key, *(_bytes(one) for one in held)])


def _bytes(one: object) -> bytes:
    return one if isinstance(one, bytes) else str(one).encode()
