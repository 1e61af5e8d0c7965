"""What a call of one surface loses at an upstream of another: refused by name, or left out and told."""

from providers.dialects.parameters import asks, unsupported
from providers.words import Call


def dropped(call: Call, surface: str | None, drop: tuple[str, ...]) -> tuple[str, ...]:
    """What an upstream that speaks `surface` (None: no client's words) does not hear of the call.

    `drop` names what is configured to be left out. Raises CallerError naming the parameter that must not be lost.
    """
    if not drop and not call.own:
        return ()
    native = call.surface == surface and call.own
    fields = call.own if native else call.body
    left = [name for name in drop if name in fields and asks(name, fields[name])]
    if native:
        return tuple(left)
    for param, why in call.unsaid.items():
        if param not in drop:
            raise unsupported(param, why)
        left.append(param)
    return (*dict.fromkeys(left), *call.left_out)
