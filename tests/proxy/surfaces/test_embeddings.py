import json
from array import array
from base64 import b64decode
from typing import Any

import pytest

from providers.errors import CallerError
from providers.words import Event, Usage
from proxy.surfaces.embeddings import Embeddings
from tests.doubles import answers

SURFACE = Embeddings()
VECTORS = (array("f", [0.1, -2.0, 3e-8]).tobytes(), array("f", [1.0, 0.0, 0.0]).tobytes())


def body(**fields: Any) -> bytes:
    return json.dumps({"model": "m", "input": "hi", **fields}).encode()


def written(events: list[Event], *, verbatim: bool = False, cost: int | None = 1500, **fields: Any) -> Any:
    writer = SURFACE.writer(SURFACE.read(body(**fields)), "id", 0, "mine", verbatim)
    assert writer.write(events, cost) == b""
    assert (writer.content_type, writer.streams) == (b"application/json", False)
    return json.loads(writer.end(Usage(7, 0), cost))


@pytest.mark.parametrize("given", ["hi", ["hi"], ["a", "b"], [1, 2], [[1, 2], [3]], ["x"] * 2048])
def test_what_openai_takes_is_taken_untouched(given: Any) -> None:
    sent = body(input=given, dimensions=3, user="me", new_field={"x": 1})
    call = SURFACE.read(sent)
    assert (call.surface, call.task, call.view.model, call.view.stream, call.size) == (
        "embeddings",
        "embeddings",
        "m",
        False,
        len(sent),
    )
    assert {name: json.loads(bytes(raw)) for name, raw in call.body.items()} == json.loads(sent)


@pytest.mark.parametrize(
    ("param", "fields"),
    [
        ("model", {"model": ""}),
        ("model", {"model": 3}),
        ("input", {"input": ""}),
        ("input", {"input": []}),
        ("input", {"input": None}),
        ("input", {"input": ["a", ""]}),
        ("input", {"input": ["a", 1]}),
        ("input", {"input": [[1], "a"]}),
        ("input", {"input": [[]]}),
        ("input", {"input": [-1]}),
        ("input", {"input": ["x"] * 2049}),
        ("encoding_format", {"encoding_format": "int8"}),
        ("dimensions", {"dimensions": 0}),
        ("dimensions", {"dimensions": "384"}),
        ("user", {"user": 5}),
    ],
)
def test_what_openai_refuses_is_refused_by_name(param: str, fields: dict[str, Any]) -> None:
    with pytest.raises(CallerError) as refused:
        SURFACE.read(body(**fields))
    assert (refused.value.status, refused.value.param) == (400, param)


@pytest.mark.parametrize("missing", ["model", "input"])
def test_missing_fields_are_named(missing: str) -> None:
    fields = json.loads(body())
    del fields[missing]
    with pytest.raises(CallerError) as refused:
        SURFACE.read(json.dumps(fields).encode())
    assert (refused.value.code, refused.value.param) == ("missing_required_parameter", missing)


def test_numbers_are_a_list_in_the_order_of_the_inputs() -> None:
    told = written([Event(vectors=VECTORS)])
    assert told == {
        "object": "list",
        "data": [
            {"object": "embedding", "index": index, "embedding": array("f", vector).tolist()}
            for index, vector in enumerate(VECTORS)
        ],
        "model": "mine",
        "usage": {"prompt_tokens": 7, "total_tokens": 7, "cost": 0.0000015},
    }


def test_base64_holds_the_same_numbers() -> None:
    plain, coded = written([Event(vectors=VECTORS)]), written([Event(vectors=VECTORS)], encoding_format="base64")
    decoded = [array("f", b64decode(each["embedding"])).tolist() for each in coded["data"]]
    assert decoded == [each["embedding"] for each in plain["data"]]
    assert written([Event(vectors=VECTORS)], encoding_format=None) == plain


def test_an_upstreams_body_passes_with_every_field_and_the_cost() -> None:
    wire = answers.embeddings_body([[0.5, 0.25]], prompt=4).replace(b'"object":"list"', b'"object":"list","extra":[1]')
    told = written([Event(wire=wire)], verbatim=True)
    assert told == {**json.loads(wire), "usage": {"prompt_tokens": 4, "total_tokens": 4, "cost": 0.0000015}}
    assert written([Event(wire=wire)], verbatim=True, cost=None) == json.loads(wire)
