from hypothesis import given
from hypothesis import strategies as st

from loadgen.target.catalogue import MOST_ITEMS, find, name_of, price_of

ITEMS = st.integers(1, MOST_ITEMS)


@given(ITEMS)
def test_an_item_has_a_name_and_a_price(item: int) -> None:
    assert 5 <= price_of(item) <= 99
    assert len(name_of(item).split()) == 2


@given(ITEMS, st.integers(1, MOST_ITEMS))
def test_an_item_is_found_by_its_name_if_it_is_sold(item: int, items: int) -> None:
    found = find(name_of(item), items)
    assert list(found) == sorted(found)[:10]
    assert all(name_of(each) == name_of(item) and each <= items for each in found)
    if item <= items:
        assert found


def test_a_search_finds_ten_of_many_in_either_case() -> None:
    assert len(find("Shoe", 1000)) == 10
    assert find("SHOE", 1000) == find("shoe", 1000)


def test_what_no_name_has_is_not_found() -> None:
    assert find("piano", MOST_ITEMS) == ()
