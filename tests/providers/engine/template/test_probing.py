"""Published chat templates: what each can is found, and what it makes of tools is what its maker wrote."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from providers.engine.speech import Formats
from providers.engine.template.probing import Manners, probe
from providers.engine.template.sandbox import Program

FOLDER = Path(__file__).parents[1] / "templates"
THINK = ("<think>", "</think>")
FOUND = {
    "qwen2.5": Manners(Formats("hermes")),
    "qwen3": Manners(Formats("hermes", THINK)),
    "hermes-3": Manners(Formats("hermes")),
    "llama-3.1": Manners(Formats("llama3")),
    "mistral-nemo": Manners(Formats("mistral", short_ids=True), repeats=False),
    "mistral-small-3.2": Manners(Formats("mistral_args", short_ids=True), repeats=False),
    "gpt-oss": Manners(Formats("harmony", effort=True)),
    "deepseek-r1": Manners(Formats(None, THINK)),
    "glm-4.6": Manners(Formats("glm", THINK)),
    "glm-4.7": Manners(Formats("glm", THINK)),
    "qwen3-coder": Manners(Formats("qwen_xml")),
    "qwen3.5": Manners(Formats("qwen_xml", THINK), repeats=True),
    "nemotron-3": Manners(Formats("qwen_xml", THINK)),
    "deepseek-r1-tools": Manners(Formats("deepseek_fenced", THINK)),
    "deepseek-v3.1": Manners(Formats(None, THINK)),
    "kimi-k2": Manners(Formats("kimi")),
    "granite-4.0": Manners(Formats("hermes")),
    "smollm3": Manners(Formats(None, THINK)),
    "gemma-2": Manners(Formats(), system=False, repeats=False),
}


@pytest.mark.parametrize("name", FOUND)
def test_what_a_published_template_can_is_found(name: str) -> None:
    program = Program((FOLDER / f"{name}.jinja").read_text(), datetime.now)

    def render(messages: list[dict[str, Any]], **more: Any) -> str:
        return program.run(
            {"messages": messages, "bos_token": "", "eos_token": "", "add_generation_prompt": True} | more
        )

    assert probe(render, program.source) == FOUND[name]


def test_every_template_here_is_looked_at() -> None:
    assert {path.stem for path in FOLDER.glob("*.jinja")} == set(FOUND)
