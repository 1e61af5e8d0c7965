"""The grammar (GBNF) of an answer: a schema, calls in the model's own form, and thoughts before either.

Free text stays free: where it is followed by something that is not, its rule is the automaton that finds the mark.
"""

from collections.abc import Sequence

import msgspec

from providers.engine.frames import Options, Tool
from providers.engine.grammar import Rules, SchemaError
from providers.engine.speech.base import Formats, SpeechError
from providers.engine.speech.forms import FORMS, Form
from providers.engine.speech.gbnf import literal, until
from providers.engine.speech.tagged import Tags
from providers.engine.speech.tagrules import RAW, tagged_arguments

NO_PARAMETERS = b'{"type":"object","properties":{},"additionalProperties":false}'
MOST_CALLS = 16
"""Calls in one answer."""


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
        self._form: Form | None = FORMS[formats.calls] if formats.calls is not None else None
        self._schemas = Rules()
        self._rules: dict[str, str] = {"sp-ws": "[ \\t\\n]{0,8}", "sp-line": '"\\n"?'}

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
        form = self._form
        assert form is not None, "who cannot call was refused"
        if isinstance(form.reads, Tags):
            self._rules |= until(form.reads.valued, "", RAW, ends=False)
        self._rules["sp-call"] = " | ".join(self._call(form, tool, every.index(tool)) for tool in tools)
        several = parallel and form.between is not None
        more = f"({form.between} sp-call){{0,{MOST_CALLS - 1}}}" if several else ""
        self._rules["sp-begun"] = f"{form.head} sp-call {more} {form.end}"
        self._rules["sp-calls"] = f"{form.lead} {literal(form.mark) if form.mark else ''} sp-begun"

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
        assert self._form is not None
        if not self._form.mark:
            self._rules["sp-anything"] = '([^{< \\t\\n] | "<" [^|]) [^\\x00]*'
            return f"{self._thought()}sp-ws (sp-calls | sp-anything)?"
        return self._thought() + self._until(self._form.mark, "sp-begun", "sp-free", ends=True)

    def _call(self, form: Form, tool: Tool, at: int) -> str:
        arguments = self._arguments(form, tool, at)
        named = form.call.replace("%name", literal(tool.name)).replace("%quoted", literal(f'"{tool.name}"'))
        return named.replace("%arguments", arguments)

    def _arguments(self, form: Form, tool: Tool, at: int) -> str:
        """The rule of a tool's arguments; a schema that cannot be kept is one to refuse only where it is strict."""
        param = f"tools[{at}].function.parameters"
        if isinstance(form.reads, Tags):
            return tagged_arguments(form.reads, tool, param, f"tool{at}", self._schemas)
        try:
            return self._schemas.add(_objects(tool.parameters, param), f"tool{at}", param)
        except SchemaError:
            if tool.strict:
                raise
            return self._schemas.object()

    def _thought(self) -> str:
        """A thought that may come, or that has begun."""
        think = self._formats.think
        if think is None:
            return ""
        ended = self._until(think[1], "sp-ws", "sp-think", ends=False)
        return f"{ended} " if self._opened else f"(sp-ws {literal(think[0])} {ended})? "

    def _analysis(self) -> str:
        ended = self._until("<|end|>", "", "sp-think", ends=False)
        return f'("<|channel|>analysis<|message|>" {ended} "<|start|>assistant")?'

    def _until(self, mark: str, then: str, name: str, *, ends: bool) -> str:
        self._rules |= until(mark, then, name, ends=ends)
        return f"{name}-0"


def _objects(parameters: bytes, param: str) -> bytes:
    """A function's parameters as a schema of objects. Raises SchemaError."""
    if not parameters:
        return NO_PARAMETERS
    given = {"type": "object", **msgspec.json.decode(parameters)}
    if given["type"] != "object":
        raise SchemaError("The parameters of a function are an object.", param)
    return msgspec.json.encode(given)
