"""Depot: a small warehouse that exists only in tests, to show that a connector is one folder."""

from connectors.auth import Header
from connectors.signatures import hmac_sha256
from connectors.spec import (
    Action,
    Check,
    Connector,
    Context,
    Feed,
    Field,
    Line,
    Mapping,
    Page,
    Plan,
    Position,
    Request,
    Stream,
    Webhooks,
    Written,
)
from connectors.standard.order import Order
from connectors.steps import Default, ToDecimal, ToNumber, ToText, ToTime

ORDER = Mapping(
    (
        Line("id", "id", (ToText(),), required=True),
        Line("reference", "their_ref"),
        Line("label", "number"),
        Line("number", "number", required=True),
        Line("updated_at", "changed", (ToTime(),)),
        Line("status", "state", (Default("open"),)),
        Line("currency", "", (Default("USD"),)),
        Line("total", "total", (ToDecimal(),), required=True),
        Line(
            "lines",
            "lines",
            each=(
                Line("id", "no", (ToText(),)),
                Line("reference", "no", (ToText(),)),
                Line("sku", "sku"),
                Line("quantity", "qty", (ToDecimal(),)),
                Line("unit_price", "price", (ToDecimal(),)),
            ),
        ),
    )
)

TICKET = Mapping(
    (
        Line("number", "number"),
        Line("total", "total", (ToText(),)),
        Line("lines", "lines", each=(Line("sku", "sku"), Line("qty", "quantity", (ToNumber(),)))),
    )
)


def poll(position: Position, context: Context) -> Plan[Page]:
    since = position.since.isoformat() if position.since else ""
    answer = yield Request("GET", "/tickets", params={"since": since, "page": position.page or "1"})
    found = answer.json()
    return Page(found["tickets"], found["next"])


def put_ticket(body: dict[str, object], order: Order, context: Context) -> Plan[Written]:
    path = f"/tickets/{context.reference}"
    answer = yield Request("PUT", path, json=body, writes=True)
    return Written(answer.json()["id"], label=order.number)


def post_ticket(body: dict[str, object], order: Order, context: Context) -> Plan[Written]:
    sent = {**body, "their_ref": context.reference}
    answer = yield Request("POST", "/tickets", json=sent, writes=True)
    return Written(answer.json()["id"], label=order.number)


def find_ticket(order: Order, context: Context) -> Plan[Written | None]:
    answer = yield Request("GET", "/tickets", params={"their_ref": context.reference})
    found = answer.json()["tickets"]
    return Written(found[0]["id"], label=order.number) if found else None


def ask_name(context: Context) -> Plan[str]:
    answer = yield Request("GET", "/me")
    return f"The depot knows us as {answer.json()['name']}."


CONNECTOR = Connector(
    slug="depot",
    label="Depot",
    category="warehouse",
    base_url=lambda settings: "https://depot.example",
    account=lambda settings: settings["name"],
    auth=(
        Header(
            name="key",
            label="Key",
            fields=(Field("key", "Key", "On the depot's door.", secret=True),),
            header="X-Depot-Key",
            secret="key",
        ),
    ),
    settings=(Field("name", "Name", "What the depot calls you.", pattern=r"[\w-]{1,40}"),),
    feeds=(
        Feed(
            "tickets",
            record_id="id",
            version="changed",
            topics=("ticket",),
            poll=poll,
            overlap_seconds=0,
        ),
    ),
    streams=(
        Stream("tickets", "Tickets", "order", {"tickets": "@"}, ORDER, when="state != 'void'"),
    ),
    actions=(
        Action("put_ticket", "Put", "order", TICKET, put_ticket, repeatable=True, latest_wins=True),
        Action("post_ticket", "Post", "order", TICKET, post_ticket, find=find_ticket),
    ),
    webhooks=Webhooks(
        verify=hmac_sha256("x-depot-signature", "key", "hex"),
        topic=lambda headers, body: headers.get("x-depot-topic", ""),
        delivery_id=lambda headers, body: headers.get("x-depot-delivery", ""),
        sent_at=lambda headers, body: headers.get("x-depot-sent", ""),
    ),
    checks=(Check("key", "The key opens the door", ask_name, kind="credentials"),),
    about="A depot of the tests: it takes tickets, and tells of them.",
)
