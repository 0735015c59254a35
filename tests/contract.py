"""What every connector promises, whichever folder it stands in; one function a promise."""

import dataclasses
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jmespath
import msgspec

from connectors.client import classify
from connectors.errors import Failure
from connectors.models import Connection
from connectors.registry import folder_of, get_connector
from connectors.spec import Connector, Context, Line, Mapping, Request, Response
from connectors.standard import resources
from flows.mapping.records import read_record, write_body
from tests.sandboxes import ask, context_of, sandbox_client

SECRET = re.compile(r"secret|token|password|private_key|api_key")
Promise = Callable[[str, int], None]


def promises() -> list[Promise]:
    """Each takes the connector's slug and the port of the sandboxes."""
    return [value for name, value in globals().items() if name.startswith("it_")]


def it_stands_in_a_folder_of_its_name(slug: str, port: int) -> None:
    connector = get_connector(slug)
    assert connector.slug == slug
    assert connector.label and connector.category and connector.auth
    for name in ("connector.py", "sandbox.py", "README.md", "icon.svg", "samples"):
        assert (folder_of(slug) / name).exists(), name


def it_says_what_its_permissions_are_for(slug: str, port: int) -> None:
    connector = get_connector(slug)
    uses = {f"stream:{one.name}" for one in connector.streams}
    uses |= {f"action:{one.name}" for one in connector.actions}
    checks = {one.name for one in connector.checks}
    assert connector.about
    for one in connector.permissions:
        assert one.why and set(one.uses) <= uses, one.name
        assert not one.check or one.check in checks, one.name
    asked = {one.check for one in connector.permissions}
    assert {one.name for one in connector.checks if one.kind == "permission"} <= asked
    assert any(one.kind == "credentials" for one in connector.checks)


def it_takes_no_account_that_is_too_long(slug: str, port: int) -> None:
    longest = Connection._meta.get_field("account").max_length
    assert longest
    for field in get_connector(slug).settings:
        if field.required and not field.default:
            for letter in "a7":
                assert not re.fullmatch(field.pattern or ".*", letter * (longest + 1)), field.name


def it_speaks_of_resources_and_feeds_that_exist(slug: str, port: int) -> None:
    connector = get_connector(slug)
    feeds = {feed.name for feed in connector.feeds}
    for stream in connector.streams:
        assert stream.resource in resources(), stream.name
        assert set(stream.sources) <= feeds, stream.name
    for action in connector.actions:
        assert action.resource in resources(), action.name


def it_fills_what_the_standard_requires(slug: str, port: int) -> None:
    for stream in get_connector(slug).streams:
        _check_targets(resources()[stream.resource], stream.reader.lines, stream.name)


def it_has_mappings_that_are_data(slug: str, port: int) -> None:
    """As JSON and back they are the same, functions and all."""
    connector = get_connector(slug)
    readers = [stream.reader for stream in connector.streams]
    for mapping in (*readers, *(action.writer for action in connector.actions)):
        assert msgspec.json.decode(msgspec.json.encode(mapping), type=Mapping) == mapping


def _check_targets(struct: Any, lines: tuple[Line, ...], where: str) -> None:
    """Targets are attributes of the record, and each attribute without a default has a line."""
    fields = {field.name: field for field in msgspec.structs.fields(struct)}
    targets = {line.target.split(".")[0] for line in lines}
    assert targets <= set(fields), f"{where}: {targets - set(fields)}"
    needed = {name for name, field in fields.items() if field.required}
    assert needed <= targets, f"{where} leaves out {needed - targets}"


def it_asks_for_known_attributes_only(slug: str, port: int) -> None:
    for action in get_connector(slug).actions:
        struct = resources()[action.resource]
        known = {field.name for field in msgspec.structs.fields(struct)}
        for line in action.writer.lines:
            asked = set(_roots(line.source))
            assert asked <= known, f"{action.name}.{line.target} asks for {asked - known}"


def _roots(source: str) -> Iterator[str]:
    """The attributes of the record itself that an expression reads."""

    def walk(node: dict[str, Any]) -> Iterator[str]:
        kind, children = node["type"], node["children"]
        if kind == "field":
            yield node["value"]
        elif kind in (
            "subexpression",
            "pipe",
            "projection",
            "filter_projection",
            "value_projection",
        ):
            yield from walk(children[0])
        elif kind != "index_expression" or children:
            for child in children if kind != "index_expression" else children[:1]:
                if isinstance(child, dict):
                    yield from walk(child)

    if source:
        yield from walk(jmespath.compile(source).parsed)


def it_flags_each_secret(slug: str, port: int) -> None:
    connector = get_connector(slug)
    for method in connector.auth:
        for field in method.fields:
            if SECRET.search(field.name) and not field.name.endswith("_id"):
                assert field.secret, f"{method.name}.{field.name}"
    assert not [field.name for field in connector.settings if field.secret]


def it_opens_no_door_without_the_right_signature(slug: str, port: int) -> None:
    webhooks = get_connector(slug).webhooks
    if webhooks is None:
        return
    credentials = ask(port, slug, "contract", "connection")["credentials"]
    assert not webhooks.verify({}, b"{}", credentials)
    assert not webhooks.verify({}, b"{}", {})
    names = ("x-shopify-hmac-sha256", "x-whiplash-signature", "x-signature")
    assert not webhooks.verify(dict.fromkeys(names, ""), b"{}", dict.fromkeys(credentials, ""))


def it_never_writes_blindly(slug: str, port: int) -> None:
    for action in get_connector(slug).actions:
        assert action.repeatable or action.find, f"{action.name} cannot be repeated safely"


def it_reads_its_samples(slug: str, port: int) -> None:
    connector, context = get_connector(slug), _context(slug, port)
    pairs = list(_pairs(connector, ".standard.json"))
    for name, raw, expected in pairs:
        stream = connector.stream(name.split(".")[0])
        standard = read_record(stream, raw, context)
        wanted = msgspec.convert(expected, type(standard), strict=False)
        assert standard == wanted, name
    assert pairs or not connector.streams, "no stream has a sample"


def it_writes_its_samples(slug: str, port: int) -> None:
    connector, context = get_connector(slug), _context(slug, port)
    for path in sorted(_samples(slug).glob("*.record.json")):
        action = connector.action(path.name.split(".")[0])
        record = msgspec.convert(_load(path), resources()[action.resource], strict=False)
        context = dataclasses.replace(context, reference=record.reference or "contract-1")
        body = write_body(action, record, context)
        expected = _load(path.with_name(path.name.replace(".record.", ".body.")))
        assert json.loads(msgspec.json.encode(body)) == expected, path.name


def it_names_its_errors(slug: str, port: int) -> None:
    connector = get_connector(slug)
    samples = sorted(_samples(slug).glob("error_*.json"))
    assert samples, "no error sample"
    for path in samples:
        sample = _load(path)
        asked = sample.get("request", {})
        request = Request(asked.get("method", "GET"), asked.get("path", "/"))
        body = json.dumps(sample["body"]).encode()
        answer = Response(sample["status"], sample.get("headers", {}), body)
        failure = classify(connector, request, answer)
        assert isinstance(failure, Failure), path.name
        assert failure.code == sample["failure"], path.name


def it_gets_answers_from_its_sandbox(slug: str, port: int) -> None:
    client = sandbox_client(port, slug, "contract")
    checks = client.connector.checks
    assert checks, "no credential check"
    for check in checks:
        assert client.run(check.plan(context_of(client)))


def it_is_refused_with_wrong_credentials(slug: str, port: int) -> None:
    client = sandbox_client(port, slug, "contract")
    secrets = {field.name for field in client.auth.fields if field.secret}
    client.credentials = {
        name: "wrong" if name in secrets or name.endswith("token") else value
        for name, value in client.credentials.items()
    }
    try:
        client.run(client.connector.checks[0].plan(context_of(client)))
    except Exception as failure:
        assert not isinstance(failure, AssertionError)
    else:
        raise AssertionError("the sandbox let a stranger in")


def _context(slug: str, port: int) -> Context:
    """Every link is known, by a name that says what it is."""
    client = sandbox_client(port, slug, "contract")
    return context_of(
        client,
        reference="contract-1",
        find_link=lambda resource, key, by: f"{resource}:{key}",
        find_row=lambda table, key: None,
    )


def _pairs(connector: Connector, ending: str) -> Iterator[tuple[str, Any, Any]]:
    for path in sorted(_samples(connector.slug).glob(f"*{ending}")):
        name = path.name.removesuffix(ending)
        yield name, _load(path.with_name(f"{name}.json")), _load(path)


def _samples(slug: str) -> Path:
    return folder_of(slug) / "samples"


def _load(path: Path) -> Any:
    return json.loads(path.read_text())
