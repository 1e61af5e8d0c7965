"""The rules that every grammar may use: white space, free strings and numbers, free values."""

from providers.engine.grammar.limits import VALUE_DEPTH

SHARED = {
    "ws": '"" | " " | "\\n" " "{0,16}',
    "comma": '"," ws',
    "colon": '":" " "?',
    "hex": "[0-9a-fA-F]",
    "char": r'[ !#-\[\]-\uD7FF\uE000-\U0010FFFF] | "\\" escape',
    "escape": r'["\\/bfnrt] | "u" ([0-9a-cA-CefEF] hex | [dD] [0-7]) hex hex',
    "string": r'"\"" char* "\""',
    "integer": '"0" | "-"? [1-9] [0-9]{0,14}',
    "number": '"0" | "-"? magnitude',
    "magnitude": '("0." [0-9]{1,15} | [1-9] [0-9]{0,14} ("." [0-9]{1,15})?) ([eE] [+\\-]? [1-9] [0-9]?)?',
    "scalar": 'string | number | "true" | "false" | "null"',
}
"""Name → right-hand side. A string's escapes are of one character each: never half of a surrogate pair."""


def value_rules() -> dict[str, str]:
    """Values that nest at most VALUE_DEPTH deep, objects first; `value` is any."""
    rules = {"value": f"value-{VALUE_DEPTH}", "object": f"object-{VALUE_DEPTH}", "value-0": "scalar"}
    for depth in range(1, VALUE_DEPTH + 1):
        inner = f"value-{depth - 1}"
        rules[f"value-{depth}"] = f"object-{depth} | array-{depth} | scalar"
        rules[f"object-{depth}"] = f'"{{" ws (member-{depth} (comma member-{depth})* ws)? "}}"'
        rules[f"member-{depth}"] = f"string colon {inner}"
        rules[f"array-{depth}"] = f'"[" ws ({inner} (comma {inner})* ws)? "]"'
    return rules
