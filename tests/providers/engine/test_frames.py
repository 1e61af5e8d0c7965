import pytest

from providers.engine.frames import (
    Asked,
    Cancel,
    Done,
    Failed,
    FrameError,
    FrameReader,
    Options,
    Piece,
    Ready,
    Start,
    Stats,
    Timings,
    Tokens,
    Told,
    Turn,
    encode,
)

ASKED: list[Asked] = [
    Start(1, "key", (Turn("user", "héllo"), Turn("assistant", "", "bob")), Options(5, stop=("a", "b"), seed=7)),
    Cancel(1),
]
TOLD: list[Told] = [
    Ready("tiny", "llama", 1024, 2048, 4, True, ("tools",)),
    Piece(1, "text €", 2),
    Done(1, "stop", Tokens(10, 5, 3), Timings(0.1, 0.2, 0.3)),
    Failed(2, 429, "local_queue_full", "busy", None, 2.0),
    Stats(1, 2, 3.5, 0.25),
]


def test_what_is_said_is_heard_in_any_cut() -> None:
    data = encode(TOLD)
    for size in (1, 2, 3, 7, len(data)):
        reader: FrameReader[Told] = FrameReader(Told)
        heard = [frame for at in range(0, len(data), size) for frame in reader.feed(data[at : at + size])]
        assert heard == TOLD


def test_what_is_asked_is_heard() -> None:
    reader: FrameReader[Asked] = FrameReader(Asked)
    assert reader.feed(encode(ASKED)) == ASKED


def test_a_frame_over_the_limit_is_refused_by_its_length_alone() -> None:
    reader: FrameReader[Asked] = FrameReader(Asked, limit=100)
    with pytest.raises(FrameError, match="101 bytes"):
        reader.feed((101).to_bytes(4, "big"))


@pytest.mark.parametrize("payload", [b"\xc1", b"\x93\xa5start\x01\x02", b"", b"\xa3abc", b"\x92\xa5piece\xa1\xff"])
def test_nonsense_is_refused(payload: bytes) -> None:
    reader: FrameReader[Asked] = FrameReader(Asked)
    with pytest.raises(FrameError):
        reader.feed(len(payload).to_bytes(4, "big") + payload)
