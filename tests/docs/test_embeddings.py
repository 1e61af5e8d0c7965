"""The configuration in docs/embeddings.md is one that loads, and names every field of an encoder."""

import re
from pathlib import Path

from providers.engine.encoder_client import Encoder
from providers.engine.process import Process
from proxy.config.load import parse

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "embeddings.md").read_text()
(BLOCK,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)


def test_what_is_shown_is_the_default_but_for_the_places() -> None:
    shown = parse(BLOCK, {}, "page").providers["encoder"]
    assert shown == Encoder(context=512, vocabularies="/srv/tiktoken")


def test_every_field_is_on_the_page() -> None:
    own = set(Encoder.__struct_fields__) - set(Process.__struct_fields__)
    assert [name for name in sorted(own) if f"{name}:" not in PAGE] == []
