from pathlib import Path

import pytest

from providers.engine.files import chosen, parts
from providers.engine.header import HeaderError

NAMES = ("m-Q4_K_M.gguf", "m-q8_0.gguf", "m.F16-00001-of-00002.gguf", "m.F16-00002-of-00002.gguf", "readme.md")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in NAMES:
        (tmp_path / name).touch()
    return tmp_path


@pytest.mark.parametrize(("wanted", "found"), [("q4_k_m", 0), ("Q4-K-M", 0), ("q8_0", 1), ("f16", 2)])
def test_a_folders_file_is_chosen_by_its_quantisation(folder: Path, wanted: str, found: int) -> None:
    assert chosen(str(folder), wanted).name == NAMES[found]


def test_a_pattern_may_say_it_all(folder: Path) -> None:
    assert chosen(f"{folder}/*q8*", None).name == "m-q8_0.gguf"
    assert chosen(f"{folder}/m-q8_0.gguf", "f16").name == "m-q8_0.gguf"


@pytest.mark.parametrize(("wanted", "named"), [(None, "m-Q4_K_M.gguf, m-q8_0.gguf"), ("q5_0", "none")])
def test_what_is_not_clear_is_refused_with_the_choice(folder: Path, wanted: str | None, named: str) -> None:
    with pytest.raises(HeaderError, match=named):
        chosen(str(folder), wanted)


def test_a_model_in_parts_needs_all_of_them(folder: Path) -> None:
    first = folder / NAMES[2]
    assert [part.name for part in parts(first)] == list(NAMES[2:4])
    assert parts(folder / NAMES[0]) == [folder / NAMES[0]]
    (folder / NAMES[3]).unlink()
    with pytest.raises(HeaderError, match=r"00002-of-00002\.gguf is missing"):
        parts(first)
