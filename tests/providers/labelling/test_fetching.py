"""A repository of the hub into its cache, against a hub on the loopback; and the folder that needs none."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from providers.labelling.fetching import NoModel, located
from tests.doubles.hub import TOKEN, Hub, loopback

FILES = {"config.json": b"{}", "model.safetensors": b"weights" * 200_000, "tokenizer.json": b"[]"}
CODE = """
import sys
from pathlib import Path
from providers.labelling.fetching import NoModel, Unreachable, located
shares = []
try:
    print(located(Path("nowhere"), sys.argv[1], lambda share: shares.append(share) is None))
    print(shares == sorted(shares), shares[-1] if shares else None)
except (NoModel, Unreachable) as error:
    print(type(error).__name__, error)
"""


@pytest.fixture
def hub() -> Iterator[Hub]:
    with loopback() as made:
        made.files |= {f"house/router/{name}": content for name, content in FILES.items()}
        made.files["house/weightless/config.json"] = b"{}"
        yield made


def fetch(hub: Hub, home: Path, repository: str = "house/router", **more: str) -> list[str]:
    """What a fresh process says: `huggingface_hub` reads its variables when it is imported."""
    environ = {"HF_ENDPOINT": hub.url, "HF_HOME": str(home), "PATH": os.environ["PATH"], **more}
    done = subprocess.run([sys.executable, "-c", CODE, repository], env=environ, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_it_is_fetched_once_with_progress_and_then_needs_no_hub(hub: Hub, tmp_path: Path) -> None:
    folder, progress = fetch(hub, tmp_path)
    assert progress == "True 1.0"
    assert {path.name: path.read_bytes() for path in Path(folder).iterdir()} == FILES

    count = len(hub.gets())
    assert fetch(hub, tmp_path)[0] == folder
    assert len(hub.gets()) == count
    assert fetch(hub, tmp_path, HF_HUB_OFFLINE="1")[0] == folder


def test_a_transfer_that_was_cut_goes_on_where_it_stopped(hub: Hub, tmp_path: Path) -> None:
    hub.cut = 1  # config.json comes again whole
    assert fetch(hub, tmp_path)[-1] == "True 1.0"


@pytest.mark.parametrize(
    ("repository", "said"),
    [
        ("house/none", "NoModel the hub has no repository house/none"),
        ("house/weightless", "NoModel house/weightless has no model.safetensors"),
        ("a b/c", "NoModel `a b/c` names no repository"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(hub: Hub, tmp_path: Path, repository: str, said: str) -> None:
    (line,) = fetch(hub, tmp_path, repository)
    assert line.startswith(said)


def test_a_gated_repository_wants_a_token(hub: Hub, tmp_path: Path) -> None:
    hub.gated.add("house/router")
    assert "then set HF_TOKEN" in fetch(hub, tmp_path)[0]
    assert fetch(hub, tmp_path, HF_TOKEN=TOKEN)[-1] == "True 1.0"


def test_a_folder_of_ones_own_comes_first(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    assert located(tmp_path, "house/router", lambda _share: True) == tmp_path
    with pytest.raises(NoModel, match=r"it has no config\.json"):
        located(tmp_path / "empty", "", lambda _share: True)
