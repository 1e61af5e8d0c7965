from hypothesis import given
from hypothesis import strategies as st

from providers.engine.grammar.charset import ALL, charset, complement, contains, intersection, of, union

points = st.integers(0, 40)
sets = st.lists(st.tuples(points, points).map(lambda pair: (min(pair), max(pair)))).map(charset)


@given(sets, sets, points)
def test_sets_are_what_their_members_say(
    one: tuple[tuple[int, int], ...], other: tuple[tuple[int, int], ...], at: int
) -> None:
    assert contains(union((one, other)), at) == (contains(one, at) or contains(other, at))
    assert contains(intersection(one, other), at) == (contains(one, at) and contains(other, at))
    assert contains(complement(one), at) == (not contains(one, at))


def test_ranges_that_touch_become_one() -> None:
    assert charset([(5, 6), (1, 2), (3, 4)]) == ((1, 6),)
    assert of("cab") == ((97, 99),)


def test_surrogates_are_no_characters() -> None:
    assert complement(()) == ALL
    assert not contains(complement(of("a")), 0xD800)
