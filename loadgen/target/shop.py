"""The shop of the demo server: log in, search, fill a cart, pay. Numbers count up from 1 and nothing is random.

The password of every user is `secret`. Who has logged in says so with `Authorization: Bearer TOKEN` or with the cookie.
"""

import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import field
from typing import Any, Generic, TypeVar

from loadgen.base.dataclass import dataclass
from loadgen.target.answers import Answer
from loadgen.target.catalogue import FIRST_ITEMS, MOST_ITEMS, find, name_of, price_of
from loadgen.target.reader import Received
from loadgen.target.shop_request import COOKIE, RefusedError, ShopRequest, number_in, read_request, route_of

PASSWORD = "secret"
SHIPPING = 5
FREE_SHIPPING_FROM = 100
VAT_PERCENT = 19
MOST_KEPT = 100_000
"""So many sessions, carts and orders are kept; older ones are forgotten. So many users are counted by name."""
_LONGEST_NAME = 100
_FULL_CART = 100

T = TypeVar("T")


class Numbered(Generic[T]):
    """The last `most` things that were added, by number from 1 on."""

    def __init__(self, most: int = MOST_KEPT) -> None:
        self._most = most
        self._last = 0
        self._kept: dict[int, T] = {}

    def add(self, thing: T) -> int:
        self._last += 1
        self._kept[self._last] = thing
        self._kept.pop(self._last - self._most, None)
        return self._last

    def get(self, number: int) -> T | None:
        return self._kept.get(number)

    def remove(self, number: int) -> None:
        self._kept.pop(number, None)


@dataclass(slots=True)
class Cart:
    """Items of one user, and the number of the order once it is paid."""

    user: str
    items: list[int]
    order: int = 0

    @property
    def goods(self) -> int:
        """In EUR, as all sums."""
        return sum(map(price_of, self.items))

    @property
    def shipping(self) -> int:
        return 0 if self.goods >= FREE_SHIPPING_FROM else SHIPPING


@dataclass(slots=True)
class ShopCounts:
    """What was asked for: by route ("GET /items/{}") and status, and by user and route of those who had logged in."""

    most_users: int = MOST_KEPT
    routes: dict[str, Counter[int]] = field(default_factory=dict)
    users: dict[str, Counter[str]] = field(default_factory=dict)

    def add(self, route: str, status: int, user: str | None) -> None:
        """Count a request; all users beyond `most_users` are one, "(others)"."""
        self.routes.setdefault(route, Counter())[status] += 1
        if user is not None:
            name = user if user in self.users or len(self.users) < self.most_users else "(others)"
            self.users.setdefault(name, Counter())[route] += 1

    def to_json(self) -> bytes:
        return _json({"routes": self.routes, "users": self.users})


class Shop:
    """All that it knows. What is refused changes nothing but the counts."""

    def __init__(self) -> None:
        self.counts = ShopCounts()
        self._items = FIRST_ITEMS
        self._sessions = Numbered[str]()
        self._carts = Numbered[Cart]()
        self._orders = Numbered[Cart]()

    def request(self, received: Received) -> ShopRequest | None:
        """The request, if its path is one of the shop's."""
        route = route_of(received.target)
        return read_request(received, route) if route in _ROUTES else None

    def answer(self, request: ShopRequest) -> Answer:
        """Do what it asks for, and count it."""
        request.user = self._sessions.get(_session(request))
        method = request.received.method.decode("ascii")
        try:
            answer = self._handler(method, request)(self, request)
        except RefusedError as refused:
            answer = _reply({"error": str(refused)}, refused.status)
        self.counts.add(f"{method} /{'/'.join(request.route)}", answer.status, request.user)
        return answer

    def _handler(self, method: str, request: ShopRequest) -> "Handler":
        methods = _ROUTES[request.route]
        handler = methods.get("GET" if method == "HEAD" else method)
        if handler is None:
            raise RefusedError(405, f"only {' and '.join(methods)}")
        return handler

    # What the routes do.

    def seed(self, request: ShopRequest) -> Answer:
        """Sell the items 1 to N."""
        items = request.number("items")
        if not 1 <= items <= MOST_ITEMS:
            raise RefusedError(400, f"items: expected 1 to {MOST_ITEMS}")
        self._items = items
        return _reply({"ids": list(range(1, items + 1))}, 201)

    def unseed(self, _request: ShopRequest) -> Answer:
        """Sell what was sold at the start."""
        self._items = FIRST_ITEMS
        return Answer(status=204)

    def log_in(self, request: ShopRequest) -> Answer:
        values = request.values()
        user = values.get("user")
        if not isinstance(user, str) or not 1 <= len(user) <= _LONGEST_NAME or values.get("password") != PASSWORD:
            raise RefusedError(401, "wrong user or password")
        request.user = user
        token = f"{COOKIE}-{self._sessions.add(user)}"
        return _reply({"token": token}, 200, ("Set-Cookie", f"{COOKIE}={token}; Path=/; HttpOnly"))

    def log_out(self, request: ShopRequest) -> Answer:
        request.known_user()
        self._sessions.remove(_session(request))
        return _reply({"status": "bye"}, 200, ("Set-Cookie", f"{COOKIE}=; Path=/; Max-Age=0"))

    def search(self, request: ShopRequest) -> Answer:
        return self._found(request.asked_for("q"))

    def item(self, request: ShopRequest) -> Answer:
        item = self._sold(request.id)
        return _reply({"id": item, "name": name_of(item), "price": price_of(item)})

    def recommendations(self, request: ShopRequest) -> Answer:
        """What has the same name."""
        return self._found(name_of(self._sold(request.id)))

    def shipping(self, _request: ShopRequest) -> Answer:
        return _reply({"shipping": SHIPPING, "free_from": FREE_SHIPPING_FROM})

    def vat(self, _request: ShopRequest) -> Answer:
        return _reply({"percent": VAT_PERCENT})

    def new_cart(self, request: ShopRequest) -> Answer:
        user = request.known_user()
        cart = Cart(user, [self._sold(request.number("item"))])
        number = self._carts.add(cart)
        return _reply(_shown(number, cart), 201, ("Location", f"/cart/{number}"))

    def cart(self, request: ShopRequest) -> Answer:
        return _reply(_shown(request.id, _own(self._carts, request)))

    def fill(self, request: ShopRequest) -> Answer:
        """One more item."""
        cart = _unpaid(_own(self._carts, request))
        if len(cart.items) == _FULL_CART:
            raise RefusedError(409, "the cart is full")
        cart.items.append(self._sold(request.number("item")))
        return _reply(_shown(request.id, cart))

    def cart_shipping(self, request: ShopRequest) -> Answer:
        return _reply({"shipping": _own(self._carts, request).shipping})

    def pay(self, request: ShopRequest) -> Answer:
        cart = _unpaid(_own(self._carts, request))
        cart.order = self._orders.add(cart)
        return _reply(_ordered(cart))

    def order(self, request: ShopRequest) -> Answer:
        return _reply(_ordered(_own(self._orders, request)))

    def _found(self, text: str) -> Answer:
        return _reply({"items": [{"id": item, "name": name_of(item)} for item in find(text, self._items)]})

    def _sold(self, item: int) -> int:
        if not 1 <= item <= self._items:
            raise RefusedError(404, "no such item")
        return item


Handler = Callable[[Shop, ShopRequest], Answer]

_ROUTES: Mapping[tuple[str, ...], Mapping[str, Handler]] = {
    ("admin", "seed"): {"POST": Shop.seed, "DELETE": Shop.unseed},
    ("login",): {"POST": Shop.log_in},
    ("logout",): {"POST": Shop.log_out},
    ("search",): {"GET": Shop.search},
    ("items", "{}"): {"GET": Shop.item},
    ("recommendations", "{}"): {"GET": Shop.recommendations},
    ("shipping",): {"GET": Shop.shipping, "POST": Shop.shipping},
    ("vat",): {"GET": Shop.vat, "POST": Shop.vat},
    ("cart",): {"POST": Shop.new_cart},
    ("cart", "{}"): {"GET": Shop.cart, "POST": Shop.fill},
    ("cart", "{}", "shipping"): {"GET": Shop.cart_shipping, "POST": Shop.cart_shipping},
    ("cart", "{}", "pay"): {"POST": Shop.pay},
    ("orders", "{}"): {"GET": Shop.order},
}


def _own(kept: Numbered[Cart], request: ShopRequest) -> Cart:
    user = request.known_user()
    cart = kept.get(request.id)
    if cart is None:
        raise RefusedError(404, "no such number")
    if cart.user != user:
        raise RefusedError(403, "it belongs to somebody else")
    return cart


def _unpaid(cart: Cart) -> Cart:
    if cart.order:
        raise RefusedError(409, "paid already")
    return cart


def _session(request: ShopRequest) -> int:
    kind, _, number = request.token.partition("-")
    return number_in(number) if kind == COOKIE else 0


def _shown(number: int, cart: Cart) -> dict[str, Any]:
    return {"cart": number, "items": cart.items, "goods": cart.goods}


def _ordered(cart: Cart) -> dict[str, Any]:
    return {"total": cart.goods + cart.shipping, "order": cart.order, "status": "done"}


def _reply(content: dict[str, Any], status: int = 200, *fields: tuple[str, str]) -> Answer:
    return Answer(status, _json(content), fields=fields, json=True)


def _json(content: dict[str, Any]) -> bytes:
    return json.dumps(content, separators=(",", ":")).encode("ascii") + b"\n"
