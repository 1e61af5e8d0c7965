"""The formats that are enforced, as patterns: what the RFC allows, or less where less is what everybody reads."""

YEAR = "[1-9][0-9]{3}"
LEAP = "([1-9][0-9](0[48]|[2468][048]|[13579][26])|([2468][048]|[13579][26]|1[26])00)"
DATE = (
    f"({YEAR}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-8]))"
    f"|{LEAP}-02-29)"
)
TIME = "([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,6})?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])"
BYTE = "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
IPV4 = f"{BYTE}(\\.{BYTE}){{3}}"
GROUP = "[0-9A-Fa-f]{1,4}"
LABEL = "[A-Za-z0-9]([A-Za-z0-9-]{0,18}[A-Za-z0-9])?"
HOST = f"{LABEL}(\\.{LABEL}){{0,3}}"
WORD = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,20}"
PLAIN = "[A-Za-z0-9._~!$&'()*+,;=:@/-]"
PATH = f"{PLAIN}{{0,60}}(%[0-9A-Fa-f]{{2}}{PLAIN}{{0,15}}){{0,3}}"


def _ipv6() -> str:
    """Eight groups, or fewer around one ::."""
    forms = [f"({GROUP}:){{7}}{GROUP}", "::"]
    forms += [f"(:(:{GROUP}){{1,7}})", f"({GROUP}:){{1,7}}:"]
    forms += [f"({GROUP}:){{{left}}}(:{GROUP}){{1,{7 - left}}}" for left in range(1, 7)]
    return "|".join(forms)


def _duration() -> str:
    """ISO 8601 as in RFC 3339: parts in order, none left out between two."""
    clock = "T([0-9]{1,6}H([0-9]{1,6}M([0-9]{1,6}S)?)?|[0-9]{1,6}M([0-9]{1,6}S)?|[0-9]{1,6}S)"
    day = "[0-9]{1,6}D"
    month = f"[0-9]{{1,6}}M({day})?"
    date = f"({day}|{month}|[0-9]{{1,6}}Y({month})?)"
    return f"P({date}({clock})?|{clock}|[0-9]{{1,6}}W)"


FORMATS = {
    "date": DATE,
    "time": TIME,
    "date-time": f"{DATE}T{TIME}",
    "uuid": "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
    "email": f"{WORD}(\\.{WORD}){{0,2}}@{LABEL}(\\.{LABEL}){{1,3}}",
    "hostname": HOST,
    "ipv4": IPV4,
    "ipv6": _ipv6(),
    "duration": _duration(),
    "uri": f"https?://{HOST}(:[1-9][0-9]{{0,3}})?(/{PATH})?([?]{PATH})?(#{PATH})?",
}
"""Format → the pattern of its whole texts."""
