"""The quick `dataclass` and the standard library's, asked the same."""

import dataclasses
import inspect
import pickle
from dataclasses import FrozenInstanceError, field, replace
from typing import Any

import pytest

from loadgen.base.dataclass import dataclass as quick


def _declared() -> type:
    class Point:
        """Where something is."""

        x: int
        y: int = 2
        tags: list[str] = field(default_factory=list, compare=False)
        hidden: str = field(default="secret", repr=False)
        area: int = field(default=7, init=False)
        seen: list[int] = field(default_factory=list, init=False, compare=False)
        name: str = field(default="here", kw_only=True)

    return Point


def _both(**options: bool) -> tuple[Any, Any]:
    return quick(**options)(_declared()), dataclasses.dataclass(**options)(_declared())


EACH = [{}, {"frozen": True, "slots": True}, {"slots": True}, {"frozen": True, "kw_only": True}, {"eq": False}]


@pytest.mark.parametrize("options", EACH, ids=str)
@pytest.mark.parametrize(
    ("given", "named"), [((1,), {}), ((1, 3), {"name": "there"}), ((), {"x": 5, "tags": ["a"], "hidden": "h"})], ids=str
)
def test_objects_are_made_shown_and_read_alike(
    options: dict[str, bool], given: tuple[int, ...], named: dict[str, Any]
) -> None:
    ours, theirs = _both(**options)
    if options.get("kw_only"):
        given, named = (), dict(zip(("x", "y"), given, strict=False)) | named
    a, b = ours(*given, **named), theirs(*given, **named)

    assert repr(a) == repr(b)
    assert dataclasses.asdict(a) == dataclasses.asdict(b)
    assert dataclasses.asdict(replace(a, x=9)) == dataclasses.asdict(replace(b, x=9))
    assert ours.__match_args__ == theirs.__match_args__
    assert hasattr(a, "__dict__") == hasattr(b, "__dict__")


@pytest.mark.parametrize("options", EACH, ids=str)
def test_objects_are_compared_and_hashed_alike(options: dict[str, bool]) -> None:
    for made in _both(**options):
        one, same, other = made(x=1, tags=["a"]), made(x=1, tags=["b"]), made(x=2)

        assert (one == same) is options.get("eq", True)
        assert one != other
        assert one != (1, 2)
        if options.get("frozen"):
            assert hash(one) == hash(same)
            assert len({one, same, other}) == 2
        elif options.get("eq", True):
            with pytest.raises(TypeError, match="unhashable"):
                hash(one)
        else:
            assert len({one, same, other}) == 3


@pytest.mark.parametrize(
    ("given", "named"), [((), {}), ((1, 2, [], "h", "n"), {}), ((1,), {"area": 3}), ((1,), {"unknown": 1})], ids=str
)
def test_what_cannot_be_made_is_a_type_error(given: tuple[Any, ...], named: dict[str, Any]) -> None:
    for made in _both(frozen=True, slots=True):
        with pytest.raises(TypeError):
            made(*given, **named)


def test_a_frozen_object_stays_as_it_is() -> None:
    for made in _both(frozen=True, slots=True):
        point = made(1)
        with pytest.raises(FrozenInstanceError, match="'x'"):
            point.x = 2
        with pytest.raises(FrozenInstanceError, match="'x'"):
            del point.x
        assert point.x == 1


@quick(frozen=True, slots=True)
class Frozen:
    """A frozen object that pickle finds by its name."""

    x: int
    y: tuple[int, ...] = ()


@quick(slots=True)
class Counted:
    """What keeps how often it was made ready, and its own way to be shown."""

    x: int
    ready: int = 0

    def __post_init__(self) -> None:
        self.ready += 1

    def __repr__(self) -> str:
        return "shown"


@quick(frozen=True, slots=True)
class Wider(Frozen):
    """A field more."""

    z: int = 3


def test_a_frozen_object_survives_pickling() -> None:
    assert pickle.loads(pickle.dumps(Frozen(1, (2,)))) == Frozen(1, (2,))


def test_what_a_class_defines_itself_is_kept_and_called() -> None:
    assert Counted(1).ready == 1
    assert repr(Counted(1)) == "shown"


def test_a_class_has_the_fields_of_its_base() -> None:
    assert Wider(1, (2,)) == Wider(x=1, y=(2,), z=3)
    assert Wider(1) != Frozen(1)


def test_an_object_matches_by_place() -> None:
    match Frozen(1, (2,)):
        case Frozen(x, (y,)):
            assert (x, y) == (1, 2)


def test_what_makes_objects_is_compiled_when_it_is_first_asked_for() -> None:
    ours, theirs = _both(frozen=True)
    unmade = vars(ours)["__init__"]
    assert list(inspect.signature(ours).parameters) == list(inspect.signature(theirs).parameters)
    assert vars(ours)["__init__"] is not unmade

    class Further(quick()(_declared())):
        """Calls that of its base, which has made nothing yet."""

        def __init__(self) -> None:
            super().__init__(3, name="there")

    assert (Further().x, Further().name) == (3, "there")
