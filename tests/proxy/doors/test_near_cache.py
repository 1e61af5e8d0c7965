"""The cache of labels in this process: bounded in number and age, blind to what the texts say."""

from proxy.doors.near_cache import NearCache, keys

A, B, C = keys("v1", ["a", "b", "c"])


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_another_head_has_other_keys() -> None:
    assert keys("v1", ["a"]) == [A]
    assert len({*keys("v1", ["a", "va"]), *keys("v2", ["a"]), *keys("v1v", ["a"])}) == 4
    assert keys("v1", ["\ud800"]) != keys("v1", ["?"])


def test_the_longest_unused_goes_first() -> None:
    cache = NearCache(2, 300, Clock())
    cache.keep({A: 0.1, B: 0.2})
    assert cache.find([A]) == [0.1]
    cache.keep({C: 0.3})
    assert cache.find([A, B, C]) == [0.1, None, 0.3]
    assert (len(cache), cache.hits, cache.misses) == (2, 3, 1)


def test_nothing_is_older_than_its_time() -> None:
    clock = Clock()
    cache = NearCache(10, 300, clock)
    cache.keep({A: 0.1})
    clock.now = 299.9
    cache.keep({B: 0.2})
    assert cache.find([A, B]) == [0.1, 0.2]
    clock.now = 300
    assert cache.find([A, B]) == [None, 0.2]
    assert len(cache) == 1


def test_size_zero_keeps_nothing() -> None:
    cache = NearCache(0, 300, Clock())
    cache.keep({A: 0.1})
    assert cache.find([A]) == [None]
