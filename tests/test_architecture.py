"""The shape of the house: import direction, cycles, sizes, what the HTTP worker may load, names, docstrings.

Each rule is a function from sources (path → text) to complaints; a planted violation proves that each can fail.
"""

import ast
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path, PurePosixPath

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("providers", "routing", "proxy")
"""In the order in which they may import: each those before it, never one after it."""
CHECKED = (*PACKAGES, "tests", "bench", "deploy")
HEAVY = frozenset({"torch", "transformers", "llama_cpp", "openai", "anthropic", "tiktoken", "genai_prices"})
WORKER = "proxy.worker"
LONGEST_FILE, LONGEST_FUNCTION = 300, 40
VAGUE = frozenset({"utils", "util", "helpers", "helper", "manager", "managers", "common", "misc"})
# In halves, so that this file does not hold what it looks for.
FOREIGN = ("/wo" + "rk/", "../sha" + "red", "farm" + "-", "pypi" + ".org", "python" + "hosted")

Sources = Mapping[str, str]
Rule = Callable[[Sources], Iterator[str]]


def module_of(path: str) -> str:
    """`proxy/cli/__init__.py` → `proxy.cli`"""
    parts = PurePosixPath(path).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def statements(tree: ast.AST) -> Iterator[ast.Import | ast.ImportFrom]:
    """Every import statement that can run: all but those under `if TYPE_CHECKING`."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            yield from statements(ast.Module(node.orelse, []))
        else:
            yield from statements(node)


def imported(source: str, known: frozenset[str]) -> set[str]:
    """The modules that a source imports by name; `from package import module` is that module when it is a known one."""
    found = set()
    for node in statements(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif node.module:
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= (names & known) or {node.module}
    return found


def graph(sources: Sources) -> dict[str, set[str]]:
    """Module → modules that it imports, ours and foreign."""
    modules = {module_of(path): text for path, text in sources.items()}
    known = frozenset(modules)
    return {module: imported(text, known) - {module} for module, text in modules.items()}


def direction(sources: Sources) -> Iterator[str]:
    """providers ← routing ← proxy."""
    for module, targets in graph(sources).items():
        package = module.split(".")[0]
        if package not in PACKAGES:
            continue
        later = (*PACKAGES[PACKAGES.index(package) + 1 :], "tests", "bench")
        for target in sorted(targets):
            if target.split(".")[0] in later:
                yield f"{module} imports {target}"


def cycles(sources: Sources) -> Iterator[str]:
    """No module imports itself on any way."""
    edges = graph(sources)
    for module in sorted(edges):
        if module in reachable(edges, edges[module]):
            yield f"{module} imports itself on a way round"


def reachable(edges: Mapping[str, set[str]], start: set[str]) -> set[str]:
    """All modules on any way from these, themselves included."""
    seen: set[str] = set()
    waiting = list(start)
    while waiting:
        module = waiting.pop()
        if module not in seen:
            seen.add(module)
            waiting.extend(edges.get(module, ()))
    return seen


def light_worker(sources: Sources) -> Iterator[str]:
    """Nothing that the worker can reach loads what is heavy, not even late."""
    edges = graph(sources)
    if WORKER not in edges:
        yield f"there is no {WORKER}"
    with_parents = {module: targets | parents(targets) for module, targets in edges.items()}
    for module in sorted(reachable(with_parents, {WORKER})):
        if module.split(".")[0] in HEAVY:
            yield f"{WORKER} reaches {module}"


def parents(modules: set[str]) -> set[str]:
    """The packages whose `__init__` runs when these modules are imported."""
    return {module.rsplit(".", depth)[0] for module in modules for depth in range(1, module.count(".") + 1)}


def sizes(sources: Sources) -> Iterator[str]:
    """Files and functions that fit in a head; recorded data is not counted."""
    for path, text in sources.items():
        lines = text.count("\n")
        if lines > LONGEST_FILE:
            yield f"{path} has {lines} lines"
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                if length > LONGEST_FUNCTION:
                    yield f"{path}:{node.lineno} {node.name} has {length} lines"


def docstrings(sources: Sources) -> Iterator[str]:
    """Each file says its duty; a test's is its name."""
    for path, text in sources.items():
        if not PurePosixPath(path).name.startswith("test_") and not ast.get_docstring(ast.parse(text)):
            yield f"{path} does not say what it is for"


def names(sources: Sources) -> Iterator[str]:
    """No file whose name says nothing."""
    for path in sources:
        if VAGUE & set(PurePosixPath(path).with_suffix("").parts):
            yield f"{path} has a name that says nothing"


def alone(sources: Sources) -> Iterator[str]:
    """The project names no machine it was made on, and no package registry."""
    for path, text in sources.items():
        for word in FOREIGN:
            if word in text:
                yield f"{path} holds {word}"


def python_files() -> dict[str, str]:
    """All Python sources of the repository."""
    files = (path for folder in CHECKED for path in (ROOT / folder).rglob("*.py"))
    return {path.relative_to(ROOT).as_posix(): path.read_text() for path in files}


def text_files() -> dict[str, str]:
    """Everything that is committed and can be read: sources, documents, settings."""
    kinds = {".py", ".md", ".yaml", ".yml", ".toml", ".sh", ".cmake", ".html", ".json", ".txt", ""}
    folders = [ROOT / folder for folder in (*CHECKED, "docs", ".ci")]
    files = [*ROOT.glob("*"), *(path for folder in folders for path in folder.rglob("*"))]
    wanted = [path for path in files if path.is_file() and path.suffix in kinds and path.name not in (".env", ".git")]
    return {path.relative_to(ROOT).as_posix(): path.read_text(errors="replace") for path in wanted}


RULES: tuple[Rule, ...] = (direction, cycles, light_worker, sizes, docstrings, names)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_house_keeps_the_rule(rule: Rule) -> None:
    assert list(rule(python_files())) == []


def test_the_project_speaks_of_itself_alone() -> None:
    assert list(alone(text_files())) == []


LONG = "def f():\n" + "    x = 1\n" * LONGEST_FUNCTION
PLANTED: list[tuple[Rule, Sources, str]] = [
    (direction, {"providers/a.py": "import routing.b"}, "providers.a imports routing.b"),
    (direction, {"providers/a.py": "def f():\n    from proxy import x"}, "providers.a imports proxy"),
    (direction, {"routing/a.py": "from proxy.b import c"}, "routing.a imports proxy.b"),
    (direction, {"proxy/a.py": "import tests.b"}, "proxy.a imports tests.b"),
    (cycles, {"proxy/a.py": "from proxy import b", "proxy/b.py": "import proxy.a"}, "proxy.a imports itself"),
    (light_worker, {"proxy/worker.py": "import openai"}, "reaches openai"),
    (light_worker, {"proxy/worker.py": "import proxy.x", "proxy/x.py": "def f():\n  import torch.nn"}, "torch.nn"),
    (light_worker, {"proxy/worker.py": "import a.b", "a/__init__.py": "import tiktoken", "a/b.py": ""}, "tiktoken"),
    (light_worker, {"proxy/other.py": ""}, "there is no proxy.worker"),
    (sizes, {"proxy/a.py": "\n" * (LONGEST_FILE + 1)}, f"proxy/a.py has {LONGEST_FILE + 1} lines"),
    (sizes, {"proxy/a.py": LONG}, f"f has {LONGEST_FUNCTION + 1} lines"),
    (docstrings, {"proxy/a.py": "x = 1"}, "does not say"),
    (names, {"proxy/utils.py": ""}, "says nothing"),
    (names, {"proxy/common/a.py": ""}, "says nothing"),
    (alone, {"a.md": "see " + FOREIGN[0] + "main"}, "holds"),
]


@pytest.mark.parametrize(("rule", "sources", "complaint"), PLANTED, ids=lambda value: getattr(value, "__name__", None))
def test_a_planted_violation_is_found(rule: Rule, sources: Sources, complaint: str) -> None:
    assert any(complaint in found for found in rule(sources))


def test_type_checking_imports_and_allowed_ones_are_no_violation() -> None:
    typed = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import openai\n"
    assert list(light_worker({"proxy/worker.py": typed})) == []
    allowed = {
        "proxy/a.py": "import routing.b, providers.c",
        "routing/b.py": "import providers.c",
        "providers/c.py": "",
    }
    assert [*direction(allowed), *cycles(allowed)] == []
