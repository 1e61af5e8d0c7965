"""Whose heads speak, the shipped or the operator's own; and where a model stands that was placed by its answers."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random
from statistics import mean

import pytest

from providers.words import Call, Message, View
from proxy.config.catalogue import catalogue
from proxy.config.load import parse
from proxy.config.report import ConfigError
from proxy.judge import judge
from routing.classifier.rows import DEMO, Asked, read_rows
from routing.classifier.training import own
from routing.classifier.training.answered import Answered
from routing.classifier.training.questions import questions
from routing.signals import shipped

CONFIG = """
providers: {{home: {{dialect: openai, base_url: "http://127.0.0.1:9/v1"}}}}
models:
  mine: {{provider: home, tier: small, price: free{more}}}
  other: {{provider: home, tier: small, price: free}}
  large: {{provider: home, tier: strong, price: free}}
routing: {{{routing}}}
"""


def reader(text: str) -> Callable[[str], Mapping[str, float]]:
    """P(good) of each model for a prompt."""
    config = parse(text, {}, "config.yaml")
    reads = judge(catalogue(config), config)
    return lambda prompt: reads(Call("chat", "chat", {}, View("auto", (Message("user", prompt),)), len(prompt))).good


def singles() -> list[tuple[str, bool]]:
    """The demo model's outcomes on single prompts, in a fixed order by chance."""
    rows = [(row.messages[0].text(), row.good) for row in read_rows(DEMO, Asked) if len(row.messages) == 1]
    Random(0).shuffle(rows)
    return rows


@pytest.fixture(scope="module")
def heads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Fitted to 300 outcomes of `mine` and `large`."""
    answered = [Answered(prompt, {"mine": float(good), "large": 1.0}) for prompt, good in singles()[:300]]
    folder = tmp_path_factory.mktemp("own") / "heads"
    own.write(own.fit(answered, shipped()), shipped(), folder)
    return folder


def test_own_heads_speak_when_the_configuration_names_them(heads: Path) -> None:
    default = reader(CONFIG.format(more="", routing=""))
    ours = reader(CONFIG.format(more="", routing=f'heads: "{heads}"'))
    others = singles()[300:700]

    def told_apart(reads: Callable[[str], Mapping[str, float]]) -> float:
        good, bad = (mean(reads(prompt)["mine"] for prompt, its in others if its is kind) for kind in (True, False))
        return good - bad

    assert told_apart(ours) > 0.1 > told_apart(default)
    assert ours("Hello")["large"] > 0.9
    assert default("Hello")["mine"] == default("Hello")["other"]


def test_a_broken_folder_of_heads_is_a_mistake_in_the_configuration(heads: Path, tmp_path: Path) -> None:
    (tmp_path / "heads.json").write_bytes((heads / "heads.json").read_bytes())
    (tmp_path / "heads.npz").write_bytes((heads / "heads.npz").read_bytes()[:-9])
    for folder, why in ((tmp_path, "broken or half copied"), (tmp_path / "none", "cannot be read")):
        with pytest.raises(ConfigError, match=why) as raised:
            reader(CONFIG.format(more="", routing=f'heads: "{folder}"'))
        assert "config.yaml:7  routing.heads" in str(raised.value)


@pytest.mark.parametrize("share", [0.1, 0.85, 0.97])
def test_a_placed_model_stands_where_its_answers_put_it(tmp_path: Path, share: float) -> None:
    asked = questions()
    lines = [
        json.dumps({"prompt": one.prompt, "scores": {"mine": int(at < share * len(asked))}})
        for at, one in enumerate(asked)
    ]
    (tmp_path / "mine.jsonl").write_text("\n".join(lines))
    good = reader(CONFIG.format(more=f', placement: "{tmp_path}/mine.jsonl"', routing=""))("How is it made?")
    if share < 0.5:
        assert good["mine"] < good["other"] - 0.4
    else:
        reference = good["large"] if share > 0.9 else good["other"]
        assert abs(good["mine"] - reference) < 0.05


def test_a_placement_that_cannot_be_read_is_a_mistake_in_the_configuration(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"the placement cannot be read") as raised:
        reader(CONFIG.format(more=f', placement: "{tmp_path}/none.jsonl"', routing=""))
    assert "halfpenny router place mine" in str(raised.value)


def test_a_declared_quality_stands_in_for_the_tier_and_answers_move_it(tmp_path: Path) -> None:
    prompt = "Zzyx qwv?"  # nothing that any head was trained on
    declared = reader(CONFIG.format(more=", quality: 0.95", routing=""))(prompt)
    assert declared["mine"] == pytest.approx(0.95, abs=0.02) and declared["other"] < 0.8
    wrong = "\n".join(json.dumps({"prompt": one.prompt, "scores": {"mine": 0}}) for one in questions())
    (tmp_path / "mine.jsonl").write_text(wrong)
    moved = reader(CONFIG.format(more=f', quality: 0.95, placement: "{tmp_path}/mine.jsonl"', routing=""))(prompt)
    assert moved["mine"] < 0.2
    with pytest.raises(ConfigError, match=r"models\.mine\.quality"):
        reader(CONFIG.format(more=", quality: 1.5", routing=""))
