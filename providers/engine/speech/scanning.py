"""Finds the end of a JSON object in a text that comes in pieces, and the marks that a text may hold."""

STRUCTURE = frozenset(' \t\r\n{}[],:"0123456789+-.eEtrufalsn')
"""Characters that JSON has outside its strings."""


class Scanner:
    """Steps through an object, beginning with its brace. `depth` is how many brackets are open."""

    def __init__(self) -> None:
        self.depth = 0
        self._string = self._escaped = False

    def step(self, char: str) -> bool:
        """Take a character; False: it cannot stand here, and was not taken."""
        if self._string:
            if self._escaped:
                self._escaped = False
            elif char == "\\":
                self._escaped = True
            elif char == '"':
                self._string = False
            return True
        if char not in STRUCTURE:
            return False
        if char == '"':
            self._string = True
        elif char in "{[":
            self.depth += 1
        elif char in "}]":
            self.depth -= 1
        return True


def overlap(text: str, mark: str) -> int:
    """Length of the longest end of `text` that begins `mark`."""
    longest = min(len(mark) - 1, len(text))
    return next((size for size in range(longest, 0, -1) if text.endswith(mark[:size])), 0)


def certain(text: str, mark: str) -> int:
    """How much of `text`, which has no `mark`, neither begins one nor is white space that may stand before one."""
    return len(text[: len(text) - overlap(text, mark)].rstrip())
