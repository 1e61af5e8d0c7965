"""Tool calls in Hermes form: the tools stand in the system prompt, the answer is one `<tool_call>`."""

# ruff: noqa: E501 (tables and phrases read better unbroken)

import json
from random import Random

from providers.tiny.corpus.chat import said
from providers.tiny.corpus.checks import calls, exactly
from providers.tiny.corpus.family import Draft, Family
from providers.tiny.corpus.people import CITIES, NAMES
from providers.tiny.corpus.phrase import phrase
from providers.tiny.corpus.words import DAYS

PREAMBLE = "You may call one of these tools:\n<tools>\n"
CLOSING = '\n</tools>\nTo call a tool, answer with <tool_call>\n{"name": ..., "arguments": ...}\n</tool_call>'
"""What the chat template puts around the tools, after the system prompt if there is one."""

MINUTES = tuple(str(n) for n in range(2, 60))
TOOLS = (
    ("get_weather", "Get the weather of a city", "city", CITIES, ("what is the weather [in|like in] {x}?", "[tell me|show me] the weather in {x}.", "is it [raining|sunny|cold] in {x}?", "weather in {x}?")),
    ("get_time", "Get the local time of a city", "city", CITIES, ("what time is it in {x}?", "[tell me|what is] the [local |]time in {x}?", "time in {x}?")),
    ("send_email", "Send an email to a person", "to", NAMES, ("send [an email|a mail] to {x}.", "[write|mail] to {x}.", "email {x}.")),
    ("call_person", "Call a person by phone", "person", NAMES, ("call {x}.", "[phone|ring] {x}.", "[make|start] a call to {x}.")),
    ("set_timer", "Set a timer in minutes", "minutes", MINUTES, ("set a timer for {x} minutes.", "[start|make] a timer of {x} minutes.", "timer: {x} minutes.", "wake me in {x} minutes.")),
    ("book_hotel", "Book a hotel in a city", "city", CITIES, ("book a [hotel|room] in {x}.", "i need a [hotel|room] in {x}.", "find me a hotel in {x}.")),
    ("get_calendar", "Get the appointments of a day", "day", DAYS, ("what do i have on {x}?", "[show|read] my [calendar|appointments] for {x}.", "am i free on {x}?")),
    ("find_user", "Look up a user by name", "name", NAMES, ("[find|look up|search] the user {x}.", "who is the user {x}?", "look for a user called {x}.")),
    ("find_flight", "Find flights to a city", "destination", CITIES, ("[find|search|show] [flights|a flight] to {x}.", "i want to fly to {x}.", "flights to {x}?")),
)  # fmt: skip
RESULTS = (
    ("get_weather", "city", CITIES, "weather", ("sunny", "rainy", "cloudy", "windy"), "The weather in {x} is {y}."),
    ("get_time", "city", CITIES, "time", ("08:15", "12:30", "17:45", "21:00"), "It is {y} in {x}."),
)


def specification(name: str, description: str, parameter: str, number: bool = False) -> dict[str, object]:
    """A function with one required parameter as OpenAI describes it."""
    properties = {parameter: {"type": "integer" if number else "string"}}
    parameters = {"type": "object", "properties": properties, "required": [parameter]}
    return {"type": "function", "function": {"name": name, "description": description, "parameters": parameters}}


def tool_call(name: str, arguments: dict[str, object]) -> str:
    """The bytes of one call."""
    return "<tool_call>\n" + json.dumps({"name": name, "arguments": arguments}) + "\n</tool_call>"


def _system(rng: Random, names: list[str]) -> str:
    rows = [row for row in TOOLS if row[0] in names]
    rng.shuffle(rows)
    listed = "\n".join(json.dumps(specification(row[0], row[1], row[2], row[0] == "set_timer")) for row in rows)
    lead = rng.choice(("", "", "You are a helpful assistant.\n\n", "You are a helpful assistant with tools.\n\n"))
    return lead + PREAMBLE + listed + CLOSING


def tool_use(rng: Random) -> Draft:
    """The one call that the user asks for, among one to three tools; held out by tool and value."""
    name, _, parameter, values, patterns = rng.choice(TOOLS)
    others = [row[0] for row in rng.sample(TOOLS, rng.randint(0, 2))]
    value = rng.choice(values)
    arguments: dict[str, object] = {parameter: int(value) if name == "set_timer" else value}
    before = (said("system", _system(rng, [name, *others])),)
    prompt = phrase(rng, patterns, x=value)
    return Draft(prompt, tool_call(name, arguments), calls(name, arguments), f"{name} {value}", before, keep_case=True)


def tool_result(rng: Random) -> Draft:
    """What the answer of a tool means, said in a sentence; held out by city and result."""
    name, parameter, values, field, outcomes, answer = rng.choice(RESULTS)
    value, outcome = rng.choice(values), rng.choice(outcomes)
    patterns = next(row[4] for row in TOOLS if row[0] == name)
    before = (
        said("system", _system(rng, [name])),
        said("user", phrase(rng, patterns, x=value)),
        said("assistant", tool_call(name, {parameter: value})),
    )
    result = json.dumps({parameter: value, field: outcome})
    right = answer.format(x=value, y=outcome)
    return Draft(
        f"<tool_response>\n{result}\n</tool_response>", right, exactly(right), f"{value} {outcome}", before, bare=True
    )


FAMILIES = (Family("tool_call", tool_use, 1.2), Family("tool_result", tool_result, 0.5))
