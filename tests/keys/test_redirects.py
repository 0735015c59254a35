"""Which addresses people may be sent back to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ekyam.keys.redirects import MOST, UnfitRedirect, origin_of, read_redirects


@pytest.mark.parametrize(
    "address",
    [
        "https://till.example/in",
        "https://till.example:8443/in?a=1&b=2",
        "http://127.0.0.1:9000/in",
        "http://[::1]:9000/in",
        "http://localhost/in",
    ],
)
def test_it_takes_a_whole_address(address: str) -> None:
    assert read_redirects(f"\n {address} \n{address}\n") == [address]


@pytest.mark.parametrize(
    "address",
    [
        "till.example",
        "/in",
        "http://till.example/in",
        "http://127.0.0.1.evil.example/in",
        "http://127.0.0.1@evil.example/in",
        "https://user@till.example/in",
        "https://*.till.example/in",
        "https://till.example/in#part",
        "https://till.example/in?code=1",
        "https://till.example/in?state=",
        "https://till.example:port/in",
        "https:///in",
        "https://",
        "javascript:alert(1)",
        "data:text/html,x",
        "app.till:/in",
        "https://till.example/in;script-src",
        "https://till.example/a b",
        "https://till.example/'",
        "https://till.example/\u00e9",
        "https://till.example/\x00",
        "https://till.example\\@evil.example/",
        "https://till.example/" + "a" * 500,
    ],
)
def test_it_refuses_what_is_not(address: str) -> None:
    with pytest.raises(UnfitRedirect):
        read_redirects(address)


def test_it_takes_no_more_than_ten() -> None:
    lines = [f"https://till.example/{number}" for number in range(MOST + 1)]
    assert len(read_redirects("\n".join(lines[:-1]))) == MOST
    with pytest.raises(UnfitRedirect):
        read_redirects("\n".join(lines))


@given(text=st.text() | st.text().map("https://till.example/".__add__))
def test_what_it_takes_fits_a_header_and_a_policy(text: str) -> None:
    try:
        taken = read_redirects(text)
    except UnfitRedirect:
        return
    for address in taken:
        assert not set(origin_of(address)) & set(" ;,'\"\r\n\x00")
