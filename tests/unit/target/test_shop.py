"""The shop without a server: requests as the reader gives them."""

import json
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadgen.target.answers import Answer
from loadgen.target.catalogue import price_of
from loadgen.target.reader import MAX_KEPT_BYTES, Received
from loadgen.target.shop import FREE_SHIPPING_FROM, PASSWORD, SHIPPING, Numbered, Shop, ShopCounts

FORM = b"application/x-www-form-urlencoded"


class Visitor:
    """Asks the shop, with its token once it has logged in."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.fields: dict[bytes, bytes] = {}

    def ask(self, line: str, content: Any = None) -> Answer:
        method, target = line.split(" ", 1)
        body = b"" if content is None else content if isinstance(content, bytes) else json.dumps(content).encode()
        request = self.shop.request(
            Received(method.encode(), target.encode(), len(body), True, False, body, self.fields)
        )
        assert request is not None
        return self.shop.answer(request)

    def log_in(self, user: str = "ann") -> str:
        token: str = content(self.ask("POST /login", {"user": user, "password": PASSWORD}))["token"]
        self.fields = {b"authorization": b"Bearer " + token.encode()}
        return token


def content(answer: Answer) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(answer.body)
    assert answer.json
    return parsed


@pytest.fixture
def visitor() -> Visitor:
    return Visitor(Shop())


@pytest.fixture
def buyer(visitor: Visitor) -> Visitor:
    visitor.log_in()
    return visitor


def test_a_purchase_from_the_search_to_the_order(buyer: Visitor) -> None:
    item = content(buyer.ask("GET /search?q=red%20shoe"))["items"][0]
    price = content(buyer.ask(f"GET /items/{item['id']}"))["price"]
    cart = buyer.ask("POST /cart", {"item": item["id"]})
    assert (cart.status, dict(cart.fields)) == (201, {"Location": "/cart/1"})
    assert content(buyer.ask("GET /cart/1/shipping")) == {"shipping": SHIPPING}
    paid = {"total": price + SHIPPING, "order": 1, "status": "done"}
    assert content(buyer.ask("POST /cart/1/pay")) == paid
    assert content(buyer.ask("GET /orders/1")) == paid


def test_a_cart_takes_more_items_until_it_is_paid_and_is_sent_free_from_some_sum(buyer: Visitor) -> None:
    buyer.ask("POST /cart", {"item": 1})
    items = [1]
    while sum(map(price_of, items)) < FREE_SHIPPING_FROM:
        items.append(items[-1] + 1)
        assert buyer.ask("POST /cart/1", {"item": items[-1]}).status == 200
    assert content(buyer.ask("GET /cart/1")) == {"cart": 1, "items": items, "goods": sum(map(price_of, items))}
    assert content(buyer.ask("POST /cart/1/pay"))["total"] == sum(map(price_of, items))
    assert buyer.ask("POST /cart/1", {"item": 1}).status == 409
    assert buyer.ask("POST /cart/1/pay").status == 409


def test_a_cart_is_full_with_a_hundred_items(buyer: Visitor) -> None:
    buyer.ask("POST /cart", {"item": 1})
    assert [buyer.ask("POST /cart/1", {"item": 1}).status for _ in range(100)] == [200] * 99 + [409]


@pytest.mark.parametrize(
    "values", [{}, {"user": "ann"}, {"user": "ann", "password": "x"}, {"user": "", "password": PASSWORD},
               {"user": 7, "password": PASSWORD}, {"user": "a" * 101, "password": PASSWORD}],
)  # fmt: skip
def test_a_wrong_password_is_refused(visitor: Visitor, values: dict[str, Any]) -> None:
    assert visitor.ask("POST /login", values).status == 401
    assert visitor.shop.counts.users == {}


@pytest.mark.parametrize("line", ["POST /cart", "GET /cart/1", "POST /cart/1/pay", "GET /orders/1", "POST /logout"])
def test_who_has_not_logged_in_is_told_so(visitor: Visitor, line: str) -> None:
    assert visitor.ask(line, {"item": 1}).status == 401
    visitor.fields = {b"authorization": b"Bearer session-1"}
    assert visitor.ask(line, {"item": 1}).status == 401


def test_a_form_and_a_cookie_do_what_json_and_a_token_do(visitor: Visitor) -> None:
    visitor.fields = {b"content-type": FORM + b"; charset=utf-8"}
    logged_in = visitor.ask("POST /login", f"user=J%C3%B8rn+A&password={PASSWORD}".encode())
    cookie = dict(logged_in.fields)["Set-Cookie"].partition(";")[0]
    visitor.fields |= {b"cookie": f"theme=dark; {cookie}".encode()}
    assert visitor.ask("POST /cart", b"item=7").status == 201
    assert set(visitor.shop.counts.users) == {"Jørn A"}


def test_after_the_logout_a_token_is_worth_nothing(buyer: Visitor) -> None:
    assert buyer.ask("POST /logout").status == 200
    assert buyer.ask("POST /cart", {"item": 1}).status == 401


def test_nobody_sees_what_belongs_to_others(buyer: Visitor) -> None:
    buyer.ask("POST /cart", {"item": 1})
    buyer.ask("POST /cart/1/pay")
    other = Visitor(buyer.shop)
    other.log_in("bob")
    lines = ("GET /cart/1", "POST /cart/1/pay", "GET /cart/1/shipping", "GET /orders/1")
    assert [other.ask(line).status for line in lines] == [403] * 4


UNKNOWN = [f"items/{text}" for text in ("0", "101", "x", "1234567890", "-1", "")]


@pytest.mark.parametrize("path", [*UNKNOWN, "recommendations/101", "cart/9", "orders/9"])
def test_an_unknown_number_is_not_found(buyer: Visitor, path: str) -> None:
    assert buyer.ask(f"GET /{path}").status == 404


@pytest.mark.parametrize(
    ("body", "status"),
    [
        *(
            (body, 400)
            for body in (b"", b"{", b"[1]", b"\xff", b"[" * 20_000, b"{}", b'{"item":true}', b'{"item":1.5}')
        ),
        *((b'{"item":%s}' % item, 404) for item in (b'"x"', b"0", b"101", b"-1")),
        (b'{"item":"7"}', 201),
    ],
)
def test_an_item_is_a_number_that_is_sold(buyer: Visitor, body: bytes, status: int) -> None:
    assert buyer.ask("POST /cart", body).status == status


def test_a_body_that_was_not_kept_whole_is_too_long(visitor: Visitor) -> None:
    received = Received(b"POST", b"/login", MAX_KEPT_BYTES + 1, True, False, b"x" * MAX_KEPT_BYTES)
    request = visitor.shop.request(received)
    assert request is not None
    assert visitor.shop.answer(request).status == 413


def test_what_is_sold_can_be_seeded(visitor: Visitor) -> None:
    assert content(visitor.ask("POST /admin/seed", {"items": 3})) == {"ids": [1, 2, 3]}
    assert [visitor.ask(f"GET /items/{item}").status for item in (3, 4)] == [200, 404]
    assert visitor.ask("DELETE /admin/seed").status == 204
    assert visitor.ask("GET /items/100").status == 200


@pytest.mark.parametrize("items", [0, -1, 100_001, "x", None])
def test_a_seed_has_its_limits(visitor: Visitor, items: Any) -> None:
    assert visitor.ask("POST /admin/seed", {"items": items}).status == 400
    assert visitor.ask("GET /items/100").status == 200


def test_what_is_the_same_for_all_may_be_had_or_posted(visitor: Visitor) -> None:
    for path in ("/shipping", "/vat"):
        assert visitor.ask(f"GET {path}") == visitor.ask(f"POST {path}")
    assert content(visitor.ask("GET /recommendations/1"))["items"][0]["id"] == 1


@pytest.mark.parametrize("line", ["GET /login", "POST /search", "DELETE /cart/1", "PUT /items/1"])
def test_another_method_is_not_allowed(visitor: Visitor, line: str) -> None:
    assert visitor.ask(line).status == 405


@pytest.mark.parametrize(
    "target", [b"/", b"/bytes/5", b"/itemsx", b"/cart/1/pay/x", b"/login/x", b"/admin/x", b"*", b""]
)
def test_other_paths_are_none_of_its_business(visitor: Visitor, target: bytes) -> None:
    assert visitor.shop.request(Received(b"GET", target, 0, True, False)) is None


def test_a_whole_url_is_taken_as_its_path(visitor: Visitor) -> None:
    assert content(visitor.ask("GET http://shop.example/items/5?x=/y"))["id"] == 5


def test_requests_are_counted_by_route_and_status_and_by_user(buyer: Visitor) -> None:
    for line in ("GET /items/1", "GET /items/2?x", "GET /items/999", "POST /cart/1/pay", "HEAD /items/1"):
        buyer.ask(line)
    Visitor(buyer.shop).ask("GET /items/1")
    assert json.loads(buyer.shop.counts.to_json()) == {
        "routes": {
            "POST /login": {"200": 1},
            "GET /items/{}": {"200": 3, "404": 1},
            "POST /cart/{}/pay": {"404": 1},
            "HEAD /items/{}": {"200": 1},
        },
        "users": {"ann": {"POST /login": 1, "GET /items/{}": 3, "POST /cart/{}/pay": 1, "HEAD /items/{}": 1}},
    }


def test_users_beyond_the_bound_are_counted_as_one() -> None:
    counts = ShopCounts(most_users=2)
    for user in ("ann", "bob", "cat", "dan", "ann", None):
        counts.add("GET /search", 200, user)
    assert {user: counted.total() for user, counted in counts.users.items()} == {"ann": 2, "bob": 1, "(others)": 2}
    assert counts.routes == {"GET /search": Counter({200: 6})}


@given(st.integers(1, 5), st.integers(0, 20))
def test_what_is_numbered_is_forgotten_when_it_is_old(most: int, added: int) -> None:
    kept = Numbered[str](most)
    assert [kept.add(f"n{number}") for number in range(1, added + 1)] == list(range(1, added + 1))
    there = [number for number in range(added + 2) if kept.get(number) == f"n{number}"]
    assert there == list(range(max(1, added - most + 1), added + 1))


def test_two_shops_that_are_asked_the_same_answer_the_same() -> None:
    def told() -> list[bytes]:
        buyer = Visitor(Shop())
        buyer.log_in()
        lines = ("POST /cart", "POST /cart/1/pay", "GET /orders/1", "GET /search?q=hat", "GET /items/8")
        return [buyer.ask(line, {"item": 5}).body for line in lines]

    assert told() == told()


NAMES = st.sampled_from([b"authorization", b"cookie", b"content-type"])
VALUES = st.sampled_from([b"Bearer x", b"session=session-1", FORM])


@given(st.binary(max_size=40), st.binary(max_size=40), st.dictionaries(NAMES, VALUES))
def test_any_request_has_an_answer(target: bytes, body: bytes, fields: dict[bytes, bytes]) -> None:
    shop = Shop()
    for path in (b"/login", b"/cart", b"/items/" + target, b"/cart/" + target, b"/search?" + target, b"/admin/seed"):
        for method in (b"GET", b"POST"):
            request = shop.request(Received(method, path, len(body), True, False, body, fields))
            if request is not None:
                assert 200 <= shop.answer(request).status < 500
