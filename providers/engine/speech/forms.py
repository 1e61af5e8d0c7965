"""The forms of calls that chat templates teach: how each is recognised, read, and held to by a grammar.

Each is its maker's, as llama.cpp 0c1e57098 keeps and tests it (models/templates, common/parsers; MIT).
"""

from msgspec import Struct

from providers.engine.speech.base import Calls
from providers.engine.speech.harmony import MARKS as HARMONY
from providers.engine.speech.jsoncalls import Marks
from providers.engine.speech.seeking import SPACE
from providers.engine.speech.tagged import CLOSE, GLM, OPEN, QWEN, Tags

_JSON = (
    '"{" sp-ws "\\"name\\"" sp-ws ":" sp-ws %quoted sp-ws "," sp-ws "\\"arguments\\"" sp-ws ":" sp-ws %arguments sp-ws '
)
_MISTRAL_ID = '(sp-ws "," sp-ws "\\"id\\"" sp-ws ":" sp-ws "\\"" [a-zA-Z0-9]{9} "\\"")? sp-ws "}"'
_MISTRAL_NAME = r"\s*([^\[{]*?)\s*(?:\[[^{]*)?"
_DEEPSEEK = ("<｜tool▁calls▁begin｜>", "<｜tool▁calls▁end｜>")
_DEEPSEEK_CALL = ("<｜tool▁call▁begin｜>", "<｜tool▁call▁end｜>")
_DEEPSEEK_MARKS = Marks(
    _DEEPSEEK_CALL[0],
    between=SPACE + "`",
    close=_DEEPSEEK_CALL[1],
    named=r"\s*(?:function<｜tool▁sep｜>)?([\w-]+)(?:<｜tool▁sep｜>)?\s*(?:```json)?\s*",
    silent=_DEEPSEEK,
)
_KIMI = ("<|tool_calls_section_begin|>", "<|tool_calls_section_end|>")
_KIMI_CALL = ("<|tool_call_begin|>", "<|tool_call_end|>")


class Form(Struct, frozen=True):
    """One form of calls. `seen` is a pattern of what a template writes for a past call to NAME with the argument x.

    Its GBNF is `lead` `mark` `head` `call` (`between` `call`)* `end`, where `%name`, `%quoted` (in JSON's quotes) and
    `%arguments` stand for a tool's. Free text ends with the `mark`; no `between`: one call at most. `control` are texts
    of control tokens that are read.
    """

    seen: str
    reads: Marks | Tags | None
    control: tuple[str, ...]
    mark: str
    call: str
    lead: str = ""
    head: str = ""
    between: str | None = None
    end: str = ""


FORMS: dict[Calls, Form] = {
    "harmony": Form(
        r"to=functions\.NAME",
        None,
        HARMONY,
        "<|channel|>commentary to=functions.",
        '%name ("<|channel|>commentary")? (" "? "<|constrain|>")? (" "? "json")? "<|message|>" %arguments',
    ),
    "mistral_args": Form(
        r"\[TOOL_CALLS\]\s*NAME",
        Marks("[TOOL_CALLS]", lead=SPACE + "[", between=SPACE + ",", close="]", named=_MISTRAL_NAME),
        ("[TOOL_CALLS]", "[ARGS]", "[CALL_ID]"),
        "[TOOL_CALLS]",
        '%name ("[CALL_ID]" [a-zA-Z0-9]{9})? "[ARGS]" %arguments',
        between='"[TOOL_CALLS]"',
    ),
    "mistral": Form(
        r"\[TOOL_CALLS\]\s*\[",
        Marks("[TOOL_CALLS]", lead=SPACE + "[", between=SPACE + ",", close="]", named=_MISTRAL_NAME),
        ("[TOOL_CALLS]", "[ARGS]", "[CALL_ID]"),
        "[TOOL_CALLS]",
        _JSON + _MISTRAL_ID,
        head='sp-ws "[" sp-ws',
        between='sp-ws "," sp-ws',
        end='sp-ws "]"',
    ),
    "hermes": Form(
        r"<tool_call>\s*\{[^<]*NAME",
        Marks(OPEN, close=CLOSE),
        (OPEN, CLOSE),
        OPEN,
        f'sp-ws {_JSON} "}}" sp-ws "{CLOSE}"',
        between=f'sp-ws "{OPEN}"',
    ),
    "qwen_xml": Form(
        r"<tool_call>\n<function=NAME>\n<parameter=x>\n",
        QWEN,
        (OPEN, CLOSE),
        OPEN,
        f'sp-ws "<function=" %name ">" sp-line %arguments "</function>" sp-ws "{CLOSE}"',
        between=f'sp-ws "{OPEN}"',
    ),
    "glm": Form(
        r"<tool_call>NAME\s*<arg_key>x</arg_key>",
        GLM,
        (OPEN, CLOSE, GLM.key, GLM.keyed, GLM.value, GLM.valued),
        OPEN,
        f'%name sp-line %arguments "{CLOSE}"',
        between=f'sp-ws "{OPEN}"',
    ),
    "deepseek_fenced": Form(
        r"<｜tool▁call▁begin｜>function<｜tool▁sep｜>NAME\n```json\n",
        _DEEPSEEK_MARKS,
        (*_DEEPSEEK, *_DEEPSEEK_CALL, "<｜tool▁sep｜>"),
        _DEEPSEEK_CALL[0],
        f'"function<｜tool▁sep｜>" %name "\\n```json\\n" %arguments "\\n```{_DEEPSEEK_CALL[1]}"',
        lead=f'"{_DEEPSEEK[0]}"',
        between=f'sp-ws "{_DEEPSEEK_CALL[0]}"',
        end=f'"{_DEEPSEEK[1]}"?',
    ),
    "deepseek": Form(
        r"<｜tool▁call▁begin｜>NAME<｜tool▁sep｜>",
        _DEEPSEEK_MARKS,
        (*_DEEPSEEK, *_DEEPSEEK_CALL, "<｜tool▁sep｜>"),
        _DEEPSEEK_CALL[0],
        f'%name "<｜tool▁sep｜>" %arguments "{_DEEPSEEK_CALL[1]}"',
        lead=f'"{_DEEPSEEK[0]}"',
        between=f'sp-ws "{_DEEPSEEK_CALL[0]}"',
        end=f'"{_DEEPSEEK[1]}"?',
    ),
    "kimi": Form(
        r"<\|tool_call_begin\|>(?:functions\.NAME:\d+|call_\w+)<\|tool_call_argument_begin\|>",
        Marks(
            _KIMI_CALL[0],
            close=_KIMI_CALL[1],
            named=r"\s*(?:functions\.)?([\w-]+?)(?::\d+)?\s*<\|tool_call_argument_begin\|>\s*",
            silent=_KIMI,
        ),
        (*_KIMI, *_KIMI_CALL, "<|tool_call_argument_begin|>"),
        _KIMI_CALL[0],
        f'"functions." %name ":" [0-9]{{1,3}} "<|tool_call_argument_begin|>" %arguments "{_KIMI_CALL[1]}"',
        lead=f'"{_KIMI[0]}"',
        between=f'"{_KIMI_CALL[0]}"',
        end=f'"{_KIMI[1]}"?',
    ),
    "llama3": Form(
        r'\{"name": "NAME", "parameters":',
        Marks("<|python_tag|>", between=SPACE + ";,", first=True),
        ("<|python_tag|>",),
        "",
        _JSON.replace("arguments\\", "parameters\\") + '"}"',
        lead='("<|python_tag|>" sp-ws)?',
    ),
}
