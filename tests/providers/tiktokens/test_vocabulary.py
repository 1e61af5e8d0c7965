"""Token ids say what tiktoken says they say; a file that is not the expected one counts for nothing."""

import base64
import random
import socket
from hashlib import sha256
from pathlib import Path

import pytest
import tiktoken

from providers.tiktokens import ENCODINGS, FOLDER, Encoding, Name, vocabulary
from providers.tiktokens.vocabulary import NoVocabulary, UnknownToken, find, read
from tests.doubles.encoders import needs_vocabularies

SMALL = b"".join(base64.b64encode(text) + b" %d\n" % id for id, text in enumerate([b"a", b" b", b"\xc3", b"\xa9"]))


def small() -> Encoding:
    return Encoding(sha256(SMALL).hexdigest(), "0" * 40, {9: "<|endoftext|>"})


def test_tokens_are_bytes_that_only_together_are_text() -> None:
    known = read(SMALL, small())
    assert known.text([0, 1, 2, 3, 9]) == "a bé<|endoftext|>"
    assert known.text([2, 0]) == "�a"
    for id in (4, -1, 10**30):
        with pytest.raises(UnknownToken, match=str(id)):
            known.text([0, id])


@pytest.mark.parametrize("content", [b"YQ==", b"YQ== x", b"%% 3", b"\xff\xfe 1"])
def test_what_is_no_vocabulary_is_refused(content: bytes) -> None:
    with pytest.raises(NoVocabulary, match=r"not a \.tiktoken file"):
        read(content, small())


@pytest.mark.parametrize("name", ["0" * 40, "cl100k_base.tiktoken"])
def test_the_first_folder_with_the_right_file_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(vocabulary, "ENCODINGS", {"cl100k_base": small()})
    for folder, content in {"wrong": b"evil", "right": SMALL}.items():
        (tmp_path / folder).mkdir()
        (tmp_path / folder / name).write_bytes(content)
    assert find("cl100k_base", [tmp_path / "none", tmp_path / "wrong", tmp_path / "right"]).text([0]) == "a"
    with pytest.raises(NoVocabulary, match=r"not installed; .* is another file"):
        find("cl100k_base", [tmp_path / "wrong"])
    with pytest.raises(NoVocabulary, match=r"cl100k_base is not installed$"):
        find("cl100k_base", [tmp_path / "none"])


def test_nothing_is_ever_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket, "socket", refuse)
    with pytest.raises(NoVocabulary):
        find("o200k_base", [])


@needs_vocabularies
@pytest.mark.parametrize("name", ENCODINGS)
def test_every_id_says_what_tiktoken_says(name: Name, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(FOLDER))
    theirs, ours = tiktoken.get_encoding(name), find(name, [FOLDER])
    for text in ("Héllo wörld 你好 🙂\n\n  def f(): return 1", "a" * 500, " \t\x00\x7f"):
        ids = theirs.encode(text, disallowed_special=())
        assert ours.text(ids) == text
    ids = [*range(0, len(theirs._mergeable_ranks), 7), *theirs._special_tokens.values()]
    random.Random(4).shuffle(ids)
    for at in range(0, len(ids), 100):
        assert ours.text(ids[at : at + 100]) == theirs.decode(ids[at : at + 100])
