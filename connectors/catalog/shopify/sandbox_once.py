"""@idempotent: a key that is known is answered as it was, and nothing is done."""

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from connectors.catalog.shopify.sandbox_engine import problem
from connectors.sandbox.world import World

KEPT_SECONDS = 86400.0


def once(
    info: Any, arguments: Mapping[str, Any], run: Callable[[], dict[str, Any]], is_required: bool
) -> dict[str, Any]:
    """Run under the field's @idempotent key: a repeat is given the first answer again."""
    key = _key(info)
    if key is None:
        if is_required:
            raise problem(
                "The @idempotent directive is required for this mutation but was not provided.",
                "BAD_REQUEST",
            )
        return run()
    world = info.context.world
    busy = world.setting("idempotency_concurrent", 0)
    if busy:
        world.set("idempotency_concurrent", busy - 1)
        return _key_error(
            "IDEMPOTENCY_CONCURRENT_REQUEST",
            "A request with this idempotency key is still being processed.",
        )
    table = world.table("idempotency")
    given = json.dumps(arguments, sort_keys=True, default=str)
    text = hashlib.sha256(given.encode()).hexdigest()
    kept = table.get(key)
    if kept is None or kept["at"] < world.clock() - KEPT_SECONDS:
        result = run()
        failed = bool(result.get("userErrors"))
        row = {"key": key, "text": text, "failed": failed, "at": world.clock()}
        table.put(key, {**row, "result": None if failed else result})
        return result
    if kept["text"] != text:
        return _key_error(
            "IDEMPOTENCY_KEY_PARAMETER_MISMATCH",
            "The same idempotency key was used with different parameters.",
        )
    if kept["failed"]:
        return _key_error(
            "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED",
            "The previous attempt with this idempotency key failed.",
        )
    again: dict[str, Any] = kept["result"]
    return again


def age_keys(world: World, seconds: float) -> None:
    """As if all keys, and what was done under them, were so much older."""
    for kept in world.table("idempotency"):
        kept["at"] -= seconds
        group = (kept["result"] or {}).get("group")
        if group:
            made_at = datetime.fromisoformat(group["created_at"].replace("Z", "+00:00"))
            aged = made_at - timedelta(seconds=seconds)
            group["created_at"] = aged.strftime("%Y-%m-%dT%H:%M:%SZ")
        world.table("idempotency").put(kept["key"], kept)


def _key_error(code: str, message: str) -> dict[str, Any]:
    return {"userErrors": [{"code": code, "field": None, "message": message}]}


def _key(info: Any) -> str | None:
    for directive in info.field_nodes[0].directives or ():
        if directive.name.value == "idempotent":
            value: Any = directive.arguments[0].value
            if hasattr(value, "name"):
                found = info.operation and info.variable_values
                return str(_variable(found, value.name.value))
            return str(value.value)
    return None


def _variable(values: Any, name: str) -> Any:
    """graphql-core keeps coerced variables in a mapping, or in an object that holds one."""
    return getattr(values, "coerced", values)[name]
