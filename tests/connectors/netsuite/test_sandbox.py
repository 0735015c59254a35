"""The sandbox refuses what NetSuite would refuse."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest

from connectors.client import request_token
from connectors.errors import (
    Unauthorized,
)
from connectors.spec import Request, Response
from tests.connectors.netsuite.account import (
    NETSUITE,
    RECORDS,
    Account,
    ping,
)
from tests.sandboxes import transport


def raw(account: Account, method: str, path: str, body: Any = None, **headers: str) -> Response:
    """A request past the client's judgement."""
    ping(account)
    token = {"Authorization": f"Bearer {account.client.credentials['access_token']}"}
    content = json.dumps(body).encode() if body is not None else b""
    return transport(method, account.client.base_url + path, {**token, **headers}, content, 10)


def code_of(answer: Response) -> tuple[int, str]:
    return answer.status, answer.json()["o:errorDetails"][0]["o:errorCode"]


def suiteql(account: Account, sql: str, page: str = "", prefer: str = "transient") -> Response:
    path = f"/services/rest/query/v1/suiteql{page}"
    return raw(account, "POST", path, {"q": sql}, Prefer=prefer)


def test_it_answers_suiteql_in_texts_and_leaves_nulls_out(account: Account) -> None:
    sql = """SELECT i.ID AS ItemNumber, i.itemid, i.weight, i.parent, l.quantityOnHand,
        BUILTIN.DF(l.location) AS place, i.lastmodifieddate AS day
        FROM item i LEFT JOIN aggregateItemLocation l ON l.item = i.id
        WHERE i.itemid IN ('EKM-MUG', 'TEE01') ORDER BY i.itemid"""
    answer = suiteql(account, sql).json()
    mug, head = answer["items"]
    assert mug["itemnumber"].isdigit() and mug["weight"] == "310"
    assert (mug["quantityonhand"], mug["place"]) == ("500", "Main Warehouse")
    assert "parent" not in mug and set(head) == {"links", "itemnumber", "itemid", "day"}
    assert mug["day"].count("/") == 2 and answer["totalResults"] == 2


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT nothing FROM item",
        "SELECT id FROM nowhere",
        "DELETE FROM item",
        "SELECT id FROM item LIMIT 5",
        "SELECT id FROM item; SELECT id FROM customer",
    ],
)
def test_it_refuses_queries_that_are_none(account: Account, sql: str) -> None:
    assert code_of(suiteql(account, sql)) == (400, "INVALID_PARAMETER")


def test_it_pages_as_netsuite_does(account: Account) -> None:
    sql = "SELECT id FROM item ORDER BY id"
    assert code_of(suiteql(account, sql, prefer="")) == (400, "INVALID_HEADER")
    assert code_of(suiteql(account, sql, "?limit=1001")) == (400, "INVALID_PARAMETER")
    assert code_of(suiteql(account, sql, "?limit=5&offset=3")) == (400, "INVALID_PARAMETER")
    page = suiteql(account, sql, "?limit=5&offset=10").json()
    assert (page["count"], page["hasMore"], page["totalResults"]) == (3, False, 13)
    listed = raw(account, "GET", f'{RECORDS}/Customer?q=entityId IS "Web Guest"').json()
    assert [one["id"] for one in listed["items"]] == ["110"]


def test_it_reads_names_in_any_case_and_answers_in_camel_case(account: Account) -> None:
    mug = account.find_sku("EKM-MUG")
    body = {
        "ENTITY": 110,
        "otherrefnum": "PO-1",
        "orderstatus": {"id": "B"},
        "item": {"items": [{"Item": {"id": mug}, "QUANTITY": 2}]},
    }
    made = raw(account, "POST", f"{RECORDS}/salesorder", body)
    order_id = made.headers["location"].rpartition("/")[2]
    path = f"{RECORDS}/SALESORDER/{order_id}"
    found = raw(account, "GET", f"{path}?expandSubResources=true").json()
    assert (found["otherRefNum"], found["total"]) == ("PO-1", 29)
    [line] = found["item"]["items"]
    assert raw(account, "PATCH", path, {"item": {"items": [{"item": mug}]}}).status == 204
    changed = {"item": {"items": [{"line": line["line"], "quantity": 1}]}}
    assert raw(account, "PATCH", path, changed).status == 204
    lines = raw(account, "GET", f"{path}?expandSubResources=true").json()["item"]["items"]
    assert [(one["line"], one["quantity"]) for one in lines] == [(1, 1), (4, 1)]
    assert "items" not in raw(account, "GET", path).json()["item"]
    fulfil = f"{path}/!transform/itemfulfillment"
    assert code_of(raw(account, "POST", fulfil, {})) == (400, "USER_ERROR"), "from which location?"
    placed = {"items": [{"orderLine": line, "location": 6} for line in (1, 4)]}
    assert raw(account, "POST", fulfil, {"item": placed}).status == 204
    assert account.rows("sales_order")[0]["state"] == "pending_billing"
    assert code_of(raw(account, "DELETE", path)) == (400, "USER_ERROR")


def test_it_refuses_records_that_netsuite_would_refuse(account: Account) -> None:
    mug = account.find_sku("EKM-MUG")
    lines = {"items": [{"item": mug, "quantity": 1}]}
    good = {"entity": "110", "item": lines, "externalId": "once"}
    orders = f"{RECORDS}/salesOrder"
    assert raw(account, "POST", orders, good).status == 204
    for method, path, body, expected in (
        ("POST", orders, good, (400, "USER_ERROR")),
        ("POST", orders, {"item": lines}, (400, "USER_ERROR")),
        ("POST", orders, {"entity": "110"}, (400, "USER_ERROR")),
        ("POST", orders, {**good, "externalId": "2", "entity": "9"}, (400, "INVALID_CONTENT")),
        ("POST", orders, [], (400, "INVALID_CONTENT")),
        ("PUT", f"{orders}/eid:a|b", good, (400, "INVALID_CONTENT")),
        ("GET", f"{orders}/eid:never", None, (404, "NONEXISTENT_ID")),
        ("GET", f"{RECORDS}/spaceship/1", None, (404, "NONEXISTENT_ID")),
        ("POST", f"{orders}/1000/!transform/itemFulfillment", {}, (400, "USER_ERROR")),
    ):
        assert code_of(raw(account, method, path, body)) == expected, (method, path, body)
    assert len(account.rows("sales_order")) == 1
    strict = {"X-NetSuite-PropertyNameValidation": "Error"}
    misspelt = {"entity": "110", "item": {"items": [{"item": mug, "quantiti": 1}]}}
    refused = raw(account, "POST", orders, misspelt, **strict)
    assert code_of(refused) == (400, "INVALID_CONTENT")


def test_it_gives_no_token_for_assertions_that_netsuite_refuses(account: Account) -> None:
    from connectors.catalog.netsuite.login import token_request

    known, now = account.client.credentials, datetime.now(UTC)
    good = token_request(known, account.client.settings, now)
    assert request_token(account.client, good)["access_token"]
    assert good.form is not None
    claims = jwt.decode(good.form["client_assertion"], options={"verify_signature": False})
    for wrong in (
        {"aud": "https://elsewhere.example/token"},
        {"iss": "somebody-else"},
        {"exp": claims["iat"] + 4000},
        {"iat": claims["iat"] - 7200, "exp": claims["iat"] - 3600},
    ):
        header = {"kid": known["certificate_id"]}
        signed = jwt.encode({**claims, **wrong}, known["private_key"], "ES256", header)
        request = Request("POST", good.path, form={**good.form, "client_assertion": signed})
        with pytest.raises(Unauthorized, match="invalid_grant"):
            request_token(account.client, request)


def test_it_accepts_a_signature_once_and_only_while_it_is_fresh(account: Account) -> None:
    needed = account.do("connection_tba")
    method = NETSUITE.auth_method("tba")
    request = Request("GET", f"{RECORDS}/customer", params={"limit": "1"})
    url = account.client.url_of(request)

    def knock(moment: datetime) -> tuple[dict[str, str], int]:
        signed = method.sign(request, url, needed["credentials"], moment)
        return dict(signed.headers), transport("GET", url, signed.headers, b"", 10).status

    now = datetime.now(UTC)
    headers, status = knock(now)
    assert status == 200
    assert transport("GET", url, headers, b"", 10).status == 401, "the nonce is used up"
    assert knock(now - timedelta(minutes=6))[1] == 401
    assert transport("GET", url, {}, b"", 10).status == 401
