import json

from bench import answers


def test_the_whole_answer_is_a_response_of_the_promised_size() -> None:
    head, _, body = answers.whole().partition(b"\r\n\r\n")
    assert f"content-length: {len(body)}".encode() in head
    assert 700 <= len(body) <= 900
    assert json.loads(body)["choices"][0]["finish_reason"] == "stop"


def test_the_stream_has_the_promised_events_each_in_its_chunk() -> None:
    _, _, rest = answers.stream().partition(b"\r\n\r\n")
    events = []
    while rest:
        size, _, rest = rest.partition(b"\r\n")
        events.append(rest[: int(size, 16)])
        rest = rest[int(size, 16) + 2 :]
    assert events.pop() == b""
    assert len(events) == answers.EVENTS
    assert all(event.startswith(b"data: ") and event.endswith(b"\n\n") for event in events)
    assert events[-1] == b"data: [DONE]\n\n"
    assert 280 <= len(events[1]) <= 330


def test_a_streamed_request_says_so_as_the_mock_reads_it() -> None:
    head, _, body = answers.request(1, "m", "k", stream=True).partition(b"\r\n\r\n")
    assert b'"stream":true' in body
    assert b"authorization: Bearer k\r\n" in head
    assert f"content-length: {len(body)}".encode() in head
    assert b'"stream":true' not in answers.request(1, "m", "k", stream=False)
