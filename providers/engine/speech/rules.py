"""The grammar (GBNF) of an answer: a schema, calls in the model's own form, and thoughts before either.

Free text stays free: where it is followed by something that is not, its rule is the automaton that finds the mark.
"""

from collections.abc import Sequence

import msgspec

from providers.engine.frames import Options, Tool
from providers.engine.grammar import Rules, SchemaError
from providers.engine.speech.base import Formats, SpeechError

NO_PARAMETERS = b'{"type":"object","properties":{},"additionalProperties":false}'
MOST_CALLS = 16
"""Calls in one answer."""
_CALL = '"{" sp-ws "\\"name\\"" sp-ws ":" sp-ws %s sp-ws "," sp-ws "\\"%s\\"" sp-ws ":" sp-ws %s sp-ws "}"'


def grammar_for(formats: Formats, options: Options, opened: bool) -> str | None:
    """What the raw text must keep; None: nothing. Raises SpeechError."""
    try:
        return _grammar(formats, options, opened)
    except SchemaError as error:
        raise SpeechError(error.message, error.param, "invalid_schema") from error


def _grammar(formats: Formats, options: Options, opened: bool) -> str | None:
    calling = bool(options.tools) and options.tool_choice != "none"
    if not calling and options.schema is None:
        return None
    made = _Grammar(formats, opened)
    answer = None if options.schema is None else made.schema(options.schema)
    if not calling:
        return made.text(made.answered(answer or ""))
    named = options.tool_choice[1:] if options.tool_choice.startswith("=") else None
    tools = [tool for tool in options.tools if named in (None, tool.name)]
    made.calls(tools, options.tools, options.parallel and named is None)
    if options.tool_choice != "auto":
        return made.text(made.called())
    return made.text(made.called() + " | " + made.answered(answer) if answer else made.free())


class _Grammar:
    """Rules, in the making. Rules of ours begin with `sp-`."""

    def __init__(self, formats: Formats, opened: bool) -> None:
        self._formats, self._opened = formats, opened
        self._schemas = Rules()
        self._rules: dict[str, str] = {"sp-ws": "[ \\t\\n]{0,8}"}

    def text(self, root: str) -> str:
        """The whole grammar."""
        for name, body in {"root": root, **self._rules}.items():
            self._schemas.define(name, body)
        return self._schemas.text()

    def schema(self, schema: bytes) -> str:
        """The rule of an answer that keeps a schema."""
        return self._schemas.object() if schema == b"{}" else self._schemas.add(schema, "answer")

    def calls(self, tools: Sequence[Tool], every: Sequence[Tool], parallel: bool) -> None:
        """Rules `sp-calls` (with the mark that begins them) and `sp-begun` (after that mark)."""
        kind = self._formats.calls
        forms = [self._call(tool, every.index(tool)) for tool in tools]
        self._rules["sp-call"] = " | ".join(forms)
        mark = self._mark()
        if kind == "hermes":
            one = 'sp-ws sp-call sp-ws "</tool_call>"'
            begun = one + _more(f'sp-ws "<tool_call>" {one}', parallel)
        elif kind == "mistral":
            several = _more('sp-ws "," sp-ws sp-call', parallel)
            begun = f'sp-ws "[" sp-ws sp-call{several} sp-ws "]"'
        elif kind == "mistral_args":
            begun = "sp-call" + _more('"[TOOL_CALLS]" sp-call', parallel)
        else:
            begun = "sp-call"
        self._rules["sp-begun"] = begun
        self._rules["sp-calls"] = f"{literal(mark)} sp-begun" if mark else '("<|python_tag|>" sp-ws)? sp-begun'

    def called(self) -> str:
        """A root that calls, whatever was thought before."""
        if self._formats.calls == "harmony":
            return self._analysis() + ' (sp-calls | " to=functions." sp-call)'
        return self._thought() + "sp-calls"

    def answered(self, answer: str) -> str:
        """A root that keeps the answer's rule, whatever was thought before."""
        if self._formats.calls == "harmony":
            head = '"<|channel|>final" (" "? "<|constrain|>" "json"?)? "<|message|>"'
            return f"{self._analysis()} {head} {answer}"
        return self._thought() + answer

    def free(self) -> str:
        """A root that says anything, but whose calls are calls."""
        if self._formats.calls == "llama3":
            self._rules["sp-anything"] = '([^{< \\t\\n] | "<" [^|]) [^\\x00]*'
            return f"{self._thought()}sp-ws (sp-calls | sp-anything)?"
        return self._thought() + self._until(self._mark(), "sp-begun", "sp-free", ends=True)

    def _call(self, tool: Tool, at: int) -> str:
        arguments = self._arguments(tool, at)
        name = literal(tool.name)
        match self._formats.calls:
            case "harmony":
                self._rules["sp-json"] = '("<|channel|>commentary")? (" "? "<|constrain|>")? (" "? "json")?'
                return f'{name} sp-json "<|message|>" {arguments}'
            case "mistral_args":
                return f'{name} ("[CALL_ID]" [a-zA-Z0-9]{{9}})? "[ARGS]" {arguments}'
            case "llama3":
                return _CALL % (literal(f'"{tool.name}"'), "parameters", arguments)
            case "mistral":
                ids = '(sp-ws "," sp-ws "\\"id\\"" sp-ws ":" sp-ws "\\"" [a-zA-Z0-9]{9} "\\"")?'
                form = _CALL % (literal(f'"{tool.name}"'), "arguments", arguments)
                return form.removesuffix(' sp-ws "}"') + f' {ids} sp-ws "}}"'
        return _CALL % (literal(f'"{tool.name}"'), "arguments", arguments)

    def _arguments(self, tool: Tool, at: int) -> str:
        """The rule of a tool's arguments; a schema that cannot be kept is one to refuse only where it is strict."""
        param = f"tools[{at}].function.parameters"
        try:
            return self._schemas.add(_objects(tool.parameters, param), f"tool{at}", param)
        except SchemaError:
            if tool.strict:
                raise
            return self._schemas.object()

    def _mark(self) -> str:
        """What begins calls."""
        marks = {"hermes": "<tool_call>", "llama3": "", "harmony": "<|channel|>commentary to=functions."}
        return marks.get(self._formats.calls or "", "[TOOL_CALLS]")

    def _thought(self) -> str:
        """A thought that may come, or that has begun."""
        think = self._formats.think
        if think is None:
            return ""
        until = self._until(think[1], "sp-ws", "sp-think", ends=False)
        return f"{until} " if self._opened else f"(sp-ws {literal(think[0])} {until})? "

    def _analysis(self) -> str:
        until = self._until("<|end|>", "", "sp-think", ends=False)
        return f'("<|channel|>analysis<|message|>" {until} "<|start|>assistant")?'

    def _until(self, mark: str, then: str, name: str, *, ends: bool) -> str:
        """Rules for any text up to a mark, and for what follows it; the first one's name. `ends`: it may end before."""
        for at in range(len(mark)):
            moves = {char: _longest(mark[:at] + char, mark) for char in sorted(set(mark[: at + 1]))}
            states = {char: then if to == len(mark) else f"{name}-{to}" for char, to in moves.items() if to}
            goes = [f"{literal(char)} {state}" for char, state in states.items()]
            other = "".join(f"\\x{ord(char):02X}" for char in states)
            self._rules[f"{name}-{at}"] = " | ".join([*goes, f"[^{other}] {name}-0", *(['""'] if ends else [])])
        return f"{name}-0"


def _longest(text: str, mark: str) -> int:
    """Length of the longest end of `text` that begins `mark`."""
    return next((size for size in range(len(text), 0, -1) if mark.startswith(text[-size:])), 0)


def literal(text: str) -> str:
    """GBNF for this very text."""
    plain = (char if char.isalnum() or char in " <>|=_/[]" else f"\\x{ord(char):02X}" for char in text)
    return '"' + "".join(plain) + '"'


def _objects(parameters: bytes, param: str) -> bytes:
    """A function's parameters as a schema of objects. Raises SchemaError."""
    if not parameters:
        return NO_PARAMETERS
    given = {"type": "object", **msgspec.json.decode(parameters)}
    if given["type"] != "object":
        raise SchemaError("The parameters of a function are an object.", param)
    return msgspec.json.encode(given)


def _more(rule: str, parallel: bool) -> str:
    """More calls after the first."""
    return f" ({rule}){{0,{MOST_CALLS - 1}}}" if parallel else ""
