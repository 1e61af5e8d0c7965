"""Names of the hub's files, and their copies in its cache; without the hub and without its library."""

import subprocess
import sys
from pathlib import Path

import pytest

from providers.hub import BadReference, Reference, cache, copy, held, local, reference, repository

COMMIT = "c" * 40


def keep(folder: Path, file: str, *, commit: str = COMMIT, ref: str | None = "main") -> None:
    """As `huggingface_hub` would."""
    home = repository(folder, "me/it")
    path = home / "snapshots" / commit / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"GGUF")
    if ref is not None:
        named = home / "refs" / ref
        named.parent.mkdir(parents=True, exist_ok=True)
        named.write_text(commit)


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("hf:me/it/a.gguf", Reference("me/it", "a.gguf")),
        ("hf:me/it/q4/a-b_c.1.GGUF@v1.0", Reference("me/it", "q4/a-b_c.1.GGUF", "v1.0")),
        (f"hf:me/it/a.gguf@{COMMIT}", Reference("me/it", "a.gguf", COMMIT)),
        ("hf:me/it/a.gguf@refs/pr/3", Reference("me/it", "a.gguf", "refs/pr/3")),
    ],
)
def test_names_are_read_and_written(text: str, made: Reference) -> None:
    assert (reference(text), str(made)) == (made, text)


@pytest.mark.parametrize(
    "text",
    [
        "me/it/a.gguf",
        "hf:me/a.gguf",
        "hf:me/it/a.bin",
        "hf:me/it/../a.gguf",
        "hf:me/it//a.gguf",
        "hf:../it/a.gguf",
        "hf:me/it/a.gguf@",
        "hf:me/it/a.gguf@../x",
        "hf:me/it/a.gguf@/etc",
        "hf:me/it/a b.gguf",
        "hf:me/it/a.gguf\n",
    ],
)
def test_what_could_lead_elsewhere_is_no_name(text: str) -> None:
    with pytest.raises(BadReference, match="names no model file"):
        reference(text)


def test_a_branch_means_the_commit_it_was_pulled_at(tmp_path: Path) -> None:
    keep(tmp_path, "q4/a.gguf", ref="refs/pr/3")
    home = repository(tmp_path, "me/it") / "snapshots" / COMMIT
    for revision in ("refs/pr/3", COMMIT):
        assert copy(Reference("me/it", "q4/a.gguf", revision), tmp_path) == home / "q4" / "a.gguf"
    assert copy(Reference("me/it", "q4/a.gguf"), tmp_path) is None


def test_a_model_with_a_missing_part_is_not_here(tmp_path: Path) -> None:
    first = reference("hf:me/it/a-00001-of-00002.gguf")
    keep(tmp_path, "a-00001-of-00002.gguf")
    assert copy(first, tmp_path) is None
    keep(tmp_path, "a-00002-of-00002.gguf")
    assert copy(first, tmp_path) is not None


def test_the_cache_is_where_its_library_has_it() -> None:
    assert cache({"HF_HUB_CACHE": "/h", "HF_HOME": "/x"}) == Path("/h")
    assert cache({"HF_HOME": "/x", "XDG_CACHE_HOME": "/c"}) == Path("/x/hub")
    assert cache({"XDG_CACHE_HOME": "/c"}) == Path("/c/huggingface/hub")
    assert cache({}) == Path.home() / ".cache" / "huggingface" / "hub"


def test_what_is_held_is_told_with_every_name_of_its_commit(tmp_path: Path) -> None:
    keep(tmp_path, "a.gguf")
    keep(tmp_path, "a.gguf", ref="v1")
    keep(tmp_path, "q4/b.gguf", commit="d" * 40, ref=None)
    found = {(each.reference.file, each.reference.revision): sorted(each.revisions) for each in held(tmp_path)}
    assert found == {("a.gguf", COMMIT): ["main", "v1"], ("q4/b.gguf", "d" * 40): []}
    assert local("hf:me/it/a.gguf", {"HF_HUB_CACHE": str(tmp_path)}).name == "a.gguf"


def test_looking_needs_no_library() -> None:
    check = "import sys, providers.hub, proxy.hub; sys.exit('huggingface_hub' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0
