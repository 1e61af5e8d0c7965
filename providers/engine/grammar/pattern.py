"""Reads a regular expression of JSON Schema (a subset of ECMA 262's) into a small tree.

Where ECMA and Python's `re` see a class differently (\\d, \\w, \\s, the dot), it is read as what both accept, so that
an answer validates by either. What is no regular language, or means different things to different readers, is refused.
"""

from msgspec import Struct

from providers.engine.grammar.charset import Charset, charset, complement, of, union
from providers.engine.grammar.limits import Refusal

BEGIN, END = 0x110000, 0x110001
"""Two more symbols, which stand before and after every text: what ^ and $ match."""
PATTERN_BYTES, GROUPS, COUNT = 2_000, 32, 1_000

DIGIT = of("0123456789")
WORD = union((DIGIT, charset(((65, 90), (97, 122), (95, 95)))))
SPACE = of(" \t\n\r\f\v")
SPACES = union((SPACE, of("\x1c\x1d\x1e\x1f\x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff"), ((0x2000, 0x200A),)))
CLASSES = {
    "d": (DIGIT, union((DIGIT, ((0x660, 0x10FFFF),)))),
    "w": (WORD, union((WORD, ((0x80, 0x10FFFF),)))),
    "s": (SPACE, SPACES),
}
"""What every reader takes for the class, and what any of them does."""
CONTROLS = {"n": "\n", "r": "\r", "t": "\t", "f": "\f", "v": "\v"}
DOT = complement(of("\n\r\u2028\u2029"))
PUNCTUATION = frozenset("^$\\.*+?()[]{}|/-\"'#%&,:;<=>@_`~! ")


class Set(Struct, frozen=True):
    """One character, or one of the two marks."""

    characters: Charset


class Sequence(Struct, frozen=True):
    """One after the other."""

    parts: tuple["Pattern", ...]


class Either(Struct, frozen=True):
    """One of them."""

    options: tuple["Pattern", ...]


class Times(Struct, frozen=True):
    """So many times; `most` None: any number."""

    part: "Pattern"
    least: int
    most: int | None


Pattern = Set | Sequence | Either | Times


def read(text: str) -> Pattern:
    """The pattern's tree. Raises Refusal with the reason."""
    if len(text.encode("utf-8", "surrogatepass")) > PATTERN_BYTES:
        raise Refusal(f"the pattern is over {PATTERN_BYTES} bytes")
    reader = Reader(text)
    found = reader.either()
    if reader.at < len(text):
        raise Refusal("the pattern has a ) too many")
    return found


class Reader:
    """A recursive descent over the pattern's text."""

    def __init__(self, text: str) -> None:
        self.text, self.at, self._depth = text, 0, 0

    def either(self) -> Pattern:
        """Alternatives, up to the end or a closing parenthesis."""
        options = [self._sequence()]
        while self._take("|"):
            options.append(self._sequence())
        return options[0] if len(options) == 1 else Either(tuple(options))

    def _sequence(self) -> Pattern:
        parts: list[Pattern] = []
        while self.at < len(self.text) and self.text[self.at] not in "|)":
            parts.append(self._quantified())
        return Sequence(tuple(parts))

    def _quantified(self) -> Pattern:
        part = self._atom()
        bounds = self._quantifier()
        if bounds is None:
            return part
        if isinstance(part, Set) and part.characters[0][0] >= BEGIN:
            raise Refusal("the pattern repeats an anchor")
        self._take("?")
        if self.text[self.at : self.at + 1] in ("*", "+", "?"):
            raise Refusal("the pattern repeats a repetition")
        return Times(part, *bounds)

    def _quantifier(self) -> tuple[int, int | None] | None:
        for mark, bounds in (("*", (0, None)), ("+", (1, None)), ("?", (0, 1))):
            if self._take(mark):
                return bounds
        return self._counts() if self._take("{") else None

    def _counts(self) -> tuple[int, int | None]:
        least = self._number()
        most: int | None = least
        if self._take(","):
            most = None if self.text[self.at : self.at + 1] == "}" else self._number()
        if not self._take("}") or (most is not None and most < least):
            raise Refusal("the pattern has a { that is no repetition")
        if max(least, most or 0) > COUNT:
            raise Refusal(f"the pattern repeats more than {COUNT} times")
        return least, most

    def _number(self) -> int:
        start = self.at
        while self.at < len(self.text) and self.text[self.at] in "0123456789" and self.at - start < 6:
            self.at += 1
        if start == self.at:
            raise Refusal("the pattern has a { that is no repetition")
        return int(self.text[start : self.at])

    def _atom(self) -> Pattern:
        character = self.text[self.at]
        self.at += 1
        match character:
            case "(":
                return self._group()
            case "[":
                return self._class()
            case "\\":
                return Set(self._escape()[0])
            case ".":
                return Set(DOT)
            case "^" | "$":
                mark = BEGIN if character == "^" else END
                return Set(((mark, mark),))
            case "*" | "+" | "?" | "{" | "}" | "]":
                raise Refusal(f"the pattern has a {character} that should be escaped")
        return Set(_one(character))

    def _group(self) -> Pattern:
        if self._take("?"):
            if self._take("<") and self.text[self.at : self.at + 1] not in ("=", "!"):
                raise Refusal("the pattern names a group")
            if not self._take(":"):
                raise Refusal("the pattern looks around or sets flags")
        self._depth += 1
        if self._depth > GROUPS:
            raise Refusal(f"the pattern nests more than {GROUPS} groups")
        found = self.either()
        self._depth -= 1
        if not self._take(")"):
            raise Refusal("the pattern has a ( too many")
        return found

    def _class(self) -> Pattern:
        negated = self._take("^")
        sure: list[Charset] = []
        wide: list[Charset] = []
        while not self._take("]"):
            narrow, broad = self._member()
            sure.append(narrow)
            wide.append(broad)
        found = complement(union(wide)) if negated else union(sure)
        if not found or not sure:
            raise Refusal("the pattern has an empty class")
        return Set(found)

    def _member(self) -> tuple[Charset, Charset]:
        narrow, wide = self._class_atom()
        if self.text[self.at : self.at + 1] != "-" or self.text[self.at + 1 : self.at + 2] == "]":
            return narrow, wide
        self.at += 1
        low, high = _only(narrow), _only(self._class_atom()[0])
        if low > high:
            raise Refusal("the pattern has a range that runs backwards")
        found = complement(complement(((low, high),)))
        return found, found

    def _class_atom(self) -> tuple[Charset, Charset]:
        if self.at >= len(self.text):
            raise Refusal("the pattern has a [ too many")
        character = self.text[self.at]
        self.at += 1
        if character == "\\":
            return self._escape(inside=True)
        if character == "[":
            raise Refusal("the pattern has a [ in a class that should be escaped")
        return _one(character), _one(character)

    def _escape(self, inside: bool = False) -> tuple[Charset, Charset]:
        """What an escape surely stands for, and what it may stand for."""
        letter = self.text[self.at : self.at + 1]
        self.at += 1
        if letter.lower() in CLASSES:
            sure, wide = CLASSES[letter.lower()]
            return (sure, wide) if letter.islower() else (complement(wide), complement(sure))
        if letter in ("x", "u"):
            found = _one(self._hex(2 if letter == "x" else 4))
        elif letter in CONTROLS:
            found = of(CONTROLS[letter])
        elif letter in PUNCTUATION:
            found = of(letter)
        else:
            raise Refusal(f"the pattern has the escape \\{letter}, which cannot be enforced")
        return found, found

    def _hex(self, digits: int) -> str:
        written = self.text[self.at : self.at + digits]
        self.at += digits
        if len(written) != digits or any(each not in "0123456789abcdefABCDEF" for each in written):
            raise Refusal("the pattern has an incomplete escape")
        return chr(int(written, 16))

    def _take(self, character: str) -> bool:
        found = self.text[self.at : self.at + 1] == character
        self.at += found
        return found


def _one(character: str) -> Charset:
    if 0xD800 <= ord(character) <= 0xDFFF:
        raise Refusal("the pattern has half of a surrogate pair")
    return of(character)


def _only(characters: Charset) -> int:
    if len(characters) != 1 or characters[0][0] != characters[0][1]:
        raise Refusal("the pattern has a range between classes")
    return characters[0][0]
