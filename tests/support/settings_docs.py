"""The settings as README's table and as .env.example: `python -m tests.support.settings_docs` writes both."""

import re
from pathlib import Path

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from db.settings import PROJECT
from ui.settings import SETTINGS

TABLE = re.compile(r"(<!-- settings: .*? -->\n).*?(<!-- end of settings -->)", re.DOTALL)


def fields() -> list[tuple[str, FieldInfo]]:
    """Every setting by the name of its environment variable."""
    return [(str(info.validation_alias), info) for each in SETTINGS for info in each.model_fields.values()]


def default_of(name: str, info: FieldInfo) -> str:
    """The default as a person writes it; nothing of this machine in it."""
    if name == "STORYKIN_HOME":
        return ".storykin"
    value = info.default
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    return str(value).lower() if isinstance(value, bool) else "" if value is None else str(value)


def readme_table() -> str:
    rows = [
        f"| `{name}` | {f'`{default}`' if default else ''} | {info.description} |"
        for name, info in fields()
        for default in [default_of(name, info)]
    ]
    return "\n".join(["| variable | default | what it does |", "|---|---|---|", *rows, ""])


def env_example() -> str:
    lines = ["# Every setting and its default. Copy to .env and change what you need; never commit keys.", ""]
    for name, info in fields():
        lines += [f"# {info.description}", f"#{name}={default_of(name, info)}", ""]
    return "\n".join(lines).rstrip() + "\n"


def main(project: Path = PROJECT) -> None:
    readme = project / "README.md"
    readme.write_text(TABLE.sub(lambda found: found[1] + readme_table() + found[2], readme.read_text()))
    (project / ".env.example").write_text(env_example())


if __name__ == "__main__":
    main()
