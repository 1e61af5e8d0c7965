"""The log: one JSON object per line, whatever stands in it."""

import json
import logging
import os

from proxy.watch.logs import MAX_WAITING, JsonFormatter, Log
from tests.doubles.eventually import eventually


def lines(fd: int) -> list[bytes]:
    os.set_blocking(fd, False)
    return os.read(fd, 1 << 20).splitlines()


async def test_lines_are_json_objects_and_never_break() -> None:
    """F63."""
    read, write = os.pipe()
    log = Log(write)
    log.line("request", {"model": 'a"\n\x1b[31m', "tokens": 3, "long": "x" * 10_000})
    await log.aclose()

    (line,) = lines(read)
    found = json.loads(line)
    assert (found["event"], found["model"], found["tokens"], len(found["long"])) == ("request", 'a"\n\x1b[31m', 3, 512)
    os.close(read)
    os.close(write)


async def test_beyond_the_bound_lines_are_dropped_and_counted() -> None:
    sink = os.open(os.devnull, os.O_WRONLY)
    log = Log(sink)
    for _ in range(MAX_WAITING + 5):
        log.line("x", {})

    assert log.dropped == 5
    await log.aclose()
    os.close(sink)


def test_pythons_own_records_have_the_same_shape() -> None:
    record = logging.LogRecord("x", logging.ERROR, "f", 1, "line one\nline two %s", ("arg",), None)

    text = JsonFormatter().format(record)

    assert "\n" not in text
    assert json.loads(text)["message"] == "line one\nline two arg"


async def test_a_log_that_nobody_can_write_to_loses_lines_and_nothing_else() -> None:
    """F42, F89: on a full disk too."""
    log = Log(fd := os.open("/dev/full", os.O_WRONLY))
    for number in range(3):
        log.line("event", {"number": number})
    await eventually(lambda: log.dropped == 3)
    log.line("event", {})
    await log.aclose()
    assert log.dropped == 4
    os.close(fd)
