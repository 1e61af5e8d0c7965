"""The speech of a model that neither thinks nor calls: its text is its content."""

from providers.engine.frames import Finish
from providers.engine.speech.base import Said


class Plain:
    """Text as it comes."""

    control: tuple[str, ...] = ()
    held = 0

    def __init__(self, grammar: str | None = None) -> None:
        self.grammar = grammar

    def feed(self, text: str) -> list[Said]:
        """The text itself."""
        return [Said("text", text)] if text else []

    def flush(self, cut: bool = False) -> list[Said]:
        """Nothing is ever held."""
        return []

    def finish(self, finish: Finish) -> Finish:
        """As it ended."""
        return finish

    def again(self) -> "Plain":
        """Another one."""
        return Plain(self.grammar)
