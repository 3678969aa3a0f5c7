"""What the floors say when something goes wrong, read from their code: for the catalogues of `ui/locale`.

An error is made of a sentence: a literal, the name of one, or `told("… %(count)s …", count=…)`. What is
made of one here can reach the studio; what only the command line and the services say stays English.
"""

import ast
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from db.errors import UserFacingError
from db.settings import PROJECT

ROOMS = ("db", "tasks", "flows", "ui")
# What a person at the studio never reads.
ELSEWHERE = (
    "db/audit/witness.py",
    "db/database_url.py",
    "db/dump",
    "db/migrate.py",
    "db/server_session.py",
    "db/settings.py",
    "flows/deployments.py",
    "flows/installation_secret.py",
    "flows/launch",
    "flows/prefect_server",
    "tasks/backup",
    "tasks/consent/texts.py",
    "tasks/entry_point.py",
    "tasks/marks",
    "tasks/move",
    "tasks/perception/weights",
    "tasks/providers/backup",
    "tasks/providers/model_registry.py",
    "tasks/providers/openai/image_models.py",
    "tasks/providers/specs.py",
    "tasks/styles/pack.py",
    "tasks/styles/packs.py",
    "ui/cli",
    "ui/diagnosis/live",
    "ui/messages.py",
    "ui/rehearsal",
    "ui/serve.py",
    "ui/settings.py",
)
_RESULTS = ("ok", "warning", "problem")  # of a check: `ok("store", "It answers.")`
_OF_A_RESULT = 2  # arguments
GAP = "…"  # what stands where a value has no name, so that no catalogue can hold the sentence
_SENTENCE = re.compile(r"[A-Z][^\n]{12,}[.!?]")


@dataclass(frozen=True)
class Said:
    """One sentence of the code, and the file that it stands in."""

    message: str
    file: str


def said_sentences(project: Path = PROJECT) -> list[Said]:
    """Every sentence that an error is made of, with GAP where a value has no name."""
    modules = _modules(project)
    errors = _error_classes(modules.values())
    found: dict[str, Said] = {}
    for file, module in modules.items():
        for message in _sentences(module, errors):
            found.setdefault(message, Said(message, file))
    return list(found.values())


def _modules(project: Path) -> dict[str, ast.Module]:
    files = [path for room in ROOMS for path in sorted((project / room).rglob("*.py"))]
    named = {path.relative_to(project).as_posix(): path for path in files}
    return {
        name: ast.parse(path.read_text()) for name, path in named.items() if not name.startswith(ELSEWHERE)
    }


def _error_classes(modules: Collection[ast.Module]) -> frozenset[str]:
    """The names of all classes that come of UserFacingError, however far."""
    bases = {
        node.name: {_name(base) for base in node.bases}
        for module in modules
        for node in ast.walk(module)
        if isinstance(node, ast.ClassDef)
    }
    known = {UserFacingError.__name__}
    while more := {name for name, of in bases.items() if of & known} - known:
        known |= more
    return frozenset(known)


def _sentences(module: ast.Module, errors: frozenset[str]) -> Iterator[str]:
    calls = [node for node in ast.walk(module) if isinstance(node, ast.Call)]
    made = [call for call in calls if _name(call.func) in errors]
    for call in calls:
        if _name(call.func) == "told" and call.args:
            yield from _literal(call.args[0])
    for call in made:
        if call.args:
            yield from _literal(call.args[0])
    for call in calls:
        if isinstance(call.func, ast.Name) and call.func.id in _RESULTS and len(call.args) == _OF_A_RESULT:
            for each in call.args:
                yield from _literal(each)
    if made:  # its constants are what it says
        yield from _constants(module)


def _constants(module: ast.Module) -> Iterator[str]:
    for line in module.body:
        if isinstance(line, ast.Assign | ast.AnnAssign) and line.value is not None:
            for node in ast.walk(line.value):
                text = node.value if isinstance(node, ast.Constant) else None
                if isinstance(text, str) and _SENTENCE.fullmatch(text):
                    yield text


def _literal(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        yield "".join(str(part.value) if isinstance(part, ast.Constant) else GAP for part in node.values)
    elif isinstance(node, ast.IfExp):
        yield from _literal(node.body)
        yield from _literal(node.orelse)
    elif isinstance(node, ast.BoolOp):
        for each in node.values:
            yield from _literal(each)


def _name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
