import json
from dataclasses import asdict, dataclass
from typing import Any, Literal

import pytest

from loadgen.base.restore import TYPE, build


@dataclass(frozen=True)
class Circle:
    radius: float


@dataclass(frozen=True)
class Square:
    side: float
    corners: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True)
class Group:
    size: int | Literal["any"]
    within: "Group | None" = None


@dataclass(frozen=True)
class Drawing:
    shape: Circle | Square
    kind: Literal["plan", "sketch"]
    frame: tuple[int, str]
    image: bytes | None
    notes: dict[str, list[int | str]]
    anything: Any = None


def written(drawing: Drawing, shape: str) -> dict[str, Any]:
    values = asdict(drawing)
    values["shape"] = {TYPE: shape, **values["shape"]}
    return {**json.loads(json.dumps({**values, "image": None})), "image": drawing.image}  # JSON has no bytes


@pytest.mark.parametrize("image", [b"\0\xff", None])
@pytest.mark.parametrize("shape", [Circle(1.5), Square(2, (("a", 1), ("b", 2)))])
def test_what_was_written_is_built_again(shape, image) -> None:
    drawing = Drawing(shape, "plan", (1, "x"), image, {"n": [1, "two"]}, {"any": [None]})
    assert build(Drawing, written(drawing, type(shape).__name__)) == drawing


def test_a_class_may_have_parts_of_its_own_type() -> None:
    assert build(Group, {"size": "any", "within": {"size": 2}}) == Group("any", Group(2))


def test_a_key_that_no_field_has_is_left_out() -> None:
    assert build(Circle, {"radius": 1, "colour": "red"}) == Circle(1)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("kind", "photo"), ("frame", [1, 2]), ("notes", {"n": [None]}), ("image", 3), ("shape", {"side": 1}),
        ("shape", {TYPE: "Triangle"}), ("shape", []),
    ],
)  # fmt: skip
def test_a_value_of_another_type_is_refused(key, value) -> None:
    values = written(Drawing(Circle(1), "plan", (1, "x"), None, {}), "Circle")
    with pytest.raises(TypeError):
        build(Drawing, {**values, key: value})
