"""The shop of the demo server, as any HTTP client has it."""

import json
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

from tests.support.talk import Talk, with_server


@pytest.fixture
def shop(url: str) -> Iterator[HTTPConnection]:
    parts = urlsplit(url)
    connection = HTTPConnection(parts.hostname or "", parts.port, timeout=10)
    yield connection
    connection.close()


def ask(shop: HTTPConnection, line: str, content: Any = None, **fields: str) -> tuple[HTTPResponse, Any]:
    method, path = line.split(" ", 1)
    body = content if isinstance(content, str | None) else json.dumps(content)
    shop.request(method, path, body, {name.replace("_", "-"): value for name, value in fields.items()})
    reply = shop.getresponse()
    text = reply.read()
    return reply, json.loads(text) if text else None


def test_a_purchase_with_a_token(shop: HTTPConnection) -> None:
    token = ask(shop, "POST /login", {"user": "ann", "password": "secret"})[1]["token"]
    item = ask(shop, "GET /search?q=hat")[1]["items"][0]["id"]
    cart, _ = ask(shop, "POST /cart", {"item": item}, Authorization=f"Bearer {token}")
    assert (cart.status, cart.getheader("Content-Type")) == (201, "application/json")
    paid, order = ask(shop, f"POST {cart.getheader('Location')}/pay", Authorization=f"Bearer {token}")
    assert (paid.status, order["status"]) == (200, "done")
    assert ask(shop, f"GET /orders/{order['order']}", Authorization=f"Bearer {token}")[1] == order


def test_a_purchase_with_forms_and_a_cookie(shop: HTTPConnection) -> None:
    form = {"Content_Type": "application/x-www-form-urlencoded"}
    reply, _ = ask(shop, "POST /login", urlencode({"user": "bob", "password": "secret"}), **form)
    form["Cookie"] = (reply.getheader("Set-Cookie") or "").partition(";")[0]
    cart, _ = ask(shop, "POST /cart", "item=3", **form)
    assert ask(shop, f"POST {cart.getheader('Location')}/pay", "", **form)[1]["status"] == "done"
    assert ask(shop, "POST /logout", "", **form)[0].status == 200
    assert ask(shop, "POST /cart", "item=3", **form)[0].status == 401


def test_the_shop_counts_what_it_was_asked_until_that_is_deleted(shop: HTTPConnection) -> None:
    for path in ("/items/1", "/items/1", "/items/2", "/items/500"):
        ask(shop, f"GET {path}")
    ask(shop, "POST /login", {"user": "ann", "password": "secret"})
    counts = {
        "routes": {"GET /items/{}": {"200": 3, "404": 1}, "POST /login": {"200": 1}},
        "users": {"ann": {"POST /login": 1}},
    }
    for _ in range(2):
        assert ask(shop, "GET /shop/counts")[1] == counts
    assert ask(shop, "DELETE /shop/counts")[1] == {"routes": {}, "users": {}}
    assert ask(shop, "GET /_stats")[1]["requests"] == 5


def test_a_reset_opens_a_new_shop(shop: HTTPConnection) -> None:
    for _ in range(2):
        assert ask(shop, "POST /login", {"user": "ann", "password": "secret"})[1] == {"token": "session-1"}
        ask(shop, "POST /_reset")


def test_a_request_that_fails_by_order_is_not_done() -> None:
    async def conversation(talk: Talk) -> None:
        assert (await talk.ask("/items/1")).status == 500
        assert json.loads((await talk.ask("/shop/counts")).body) == {"routes": {}, "users": {}}

    with_server(conversation, fail_after=0)


def test_pipelined_orders_are_done_in_their_order() -> None:
    body = b'{"user":"ann","password":"secret"}'
    login = b"POST /login HTTP/1.1\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)

    async def conversation(talk: Talk) -> None:
        talk.send(login + b"GET / HTTP/1.1\r\n\r\n" + login)
        replies = [(await talk.reply()).body for _ in range(3)]
        assert replies == [b'{"token":"session-1"}\n', b"hello world\n", b'{"token":"session-2"}\n']

    with_server(conversation)
