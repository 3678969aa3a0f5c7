"""The error codes as docs/errors.md lists them: `python -m tests.support.error_docs` writes its tables."""

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from db.settings import PROJECT
from tasks.photo.codes import SENTENCES

TABLE = re.compile(r"(<!-- errors: .*? -->\n).*?(<!-- end of errors -->)", re.DOTALL)
ROOMS = ("db", "tasks", "flows", "ui")
# It answers with the vendors' codes, not with ours.
NOT_OURS = (
    "ui/rehearsal/openai",
    "ui/rehearsal/replicate",
    "ui/rehearsal/responses.py",
    "ui/rehearsal/fault",
)
NOT_CODES = {"error"}  # the base class's, which nothing raises


@dataclass(frozen=True)
class Told:
    """One place that gives a code, and what it says with it."""

    code: str
    sentence: str
    file: str


def told_codes(project: Path = PROJECT) -> list[Told]:
    """Every code of an error class, and every literal `code=` of a call, in the order of their codes."""
    found: list[Told] = []
    for room in ROOMS:
        for path in sorted((project / room).rglob("*.py")):
            name = path.relative_to(project).as_posix()
            if not name.startswith(NOT_OURS):
                found += [
                    Told(code, sentence, name)
                    for code, sentence in _told_in(ast.parse(path.read_text()))
                    if code and code not in NOT_CODES
                ]
    found += [Told(code, sentence, "tasks/photo/codes.py") for code, sentence in SENTENCES.items()]
    return sorted(found, key=lambda each: (each.code, each.file, each.sentence))


def _told_in(module: ast.Module) -> Iterator[tuple[str, str]]:
    constants = _constants(module)
    for node in ast.walk(module):
        if isinstance(node, ast.ClassDef):
            for line in node.body:
                code = _code_of_class(line)
                if code:
                    yield code, " ".join((ast.get_docstring(node) or "").partition("\n\n")[0].split())
        elif isinstance(node, ast.Call) and _name(node) == "problem" and len(node.args) >= 3:
            yield _text(node.args[1], constants), _text(node.args[2], constants)  # what a route answers
        elif isinstance(node, ast.Call):
            for keyword in node.keywords:
                if keyword.arg == "code" and _is_raised(node):
                    sentence = _text(node.args[0], constants) if node.args else ""
                    yield _text(keyword.value, constants), sentence


def _code_of_class(line: ast.stmt) -> str:
    target = line.targets[0] if isinstance(line, ast.Assign) else None
    if isinstance(line, ast.Assign) and isinstance(target, ast.Name) and target.id == "code":
        return str(line.value.value) if isinstance(line.value, ast.Constant) else ""
    return ""


def _is_raised(call: ast.Call) -> bool:
    """Whether it makes an error: its name begins with a capital. Logs have a `code=` too."""
    return _name(call)[:1].isupper()


def _name(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def _constants(module: ast.Module) -> dict[str, str]:
    """The texts that stand at the top of a module, by name."""
    found: dict[str, str] = {}
    for line in module.body:
        if isinstance(line, ast.Assign) and isinstance(line.targets[0], ast.Name):
            text = _text(line.value, {})
            if text:
                found[line.targets[0].id] = text
    return found


def _text(node: ast.expr, constants: Mapping[str, str]) -> str:
    """The text of a literal or of a name of one, with "…" for what is filled in; "" for anything else."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(
            _text(part, constants) if isinstance(part, ast.Constant) else "…" for part in node.values
        )
    if isinstance(node, ast.Call) and _name(node) == "told" and node.args:
        return re.sub(r"%\(\w+\)s", "…", _text(node.args[0], constants)).replace("%%", "%")
    return constants.get(node.id, "") if isinstance(node, ast.Name) else ""


def errors_table(project: Path = PROJECT) -> str:
    """A row a code: the first sentence that is told with it, and every file that gives it."""
    rows: dict[str, tuple[list[str], list[str]]] = {}
    for told in told_codes(project):
        sentences, files = rows.setdefault(told.code, ([], []))
        if told.sentence and told.sentence not in sentences:
            sentences.append(told.sentence)
        if told.file not in files:
            files.append(told.file)
    lines = [
        f"| `{code}` | {sentences[0] if sentences else ''} | {', '.join(f'`{each}`' for each in files)} |"
        for code, (sentences, files) in rows.items()
    ]
    return "\n".join(["| code | what is said with it | given in |", "|---|---|---|", *lines, ""])


def main(project: Path = PROJECT) -> None:
    page = project / "docs" / "errors.md"
    page.write_text(TABLE.sub(lambda found: found[1] + errors_table(project) + found[2], page.read_text()))


if __name__ == "__main__":
    main()
