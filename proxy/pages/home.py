"""The small page at `GET /`: what is served, how to ask, where to look further. No script, no foreign resource."""

from html import escape
from importlib.resources import files
from string import Template

from proxy.pages.page import Reply
from routing.catalog import AUTO, Catalog, Entry
from routing.money import human

_PAGE = Template(files("proxy.pages").joinpath("home.html").read_text(encoding="utf-8"))


def home(catalog: Catalog, base: str) -> Reply:
    """The page. `base` is the address that the client used, without a trailing slash."""
    rows = [_row(AUTO, "whichever is good enough and cheapest", "")]
    for entry in catalog.entries.values():
        rows.append(_row(entry.name, "this machine" if entry.local else entry.provider, _price(entry)))
    text = _PAGE.substitute(base=escape(base), rows="\n".join(rows))
    return Reply(text.encode(), b"text/html; charset=utf-8")


def _row(*cells: str) -> str:
    return "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>"


def _price(entry: Entry) -> str:
    if entry.price is None:
        return "free"
    # µ$ are thousands of n$
    return f"{human(entry.price.input * 1000)} in, {human(entry.price.output * 1000)} out"
