"""The ways in which a network may cut bytes: whole, byte by byte, in two at every position (after h11's `tr`)."""

from collections.abc import Iterator


def cuts(data: bytes) -> Iterator[list[bytes]]:
    """Every way, as lists of reads."""
    yield [data]
    yield [data[i : i + 1] for i in range(len(data))]
    for position in range(1, len(data)):
        yield [data[:position], data[position:]]
