"""The five style packs, read from `tasks/styles/*.toml`."""

import tomllib
from functools import lru_cache
from importlib.resources import files
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from tasks.errors import UsageError

ORDER = ("watercolor", "storybook", "anime", "flat", "colored-pencil")


class PromptParts(BaseModel):
    """The words of a style that surround the person."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    medium: str
    light: str
    background: str
    avoid: tuple[str, ...]


class PaletteHints(BaseModel):
    """What a style does to the person's colours."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    treatment: str


class StylePack(BaseModel):
    """One style, as data. Raise `version` when any of it changes: the work key holds it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    label: str
    version: str
    token: str = Field(description="The style's own words, kept to the letter in every prompt.")
    blurb: str
    prompt: PromptParts
    palette: PaletteHints
    parameters: dict[str, Any]


@lru_cache
def style_packs() -> dict[str, StylePack]:
    """Every style pack by name, in the order people see them."""
    folder = files("tasks") / "styles"
    return {
        name: StylePack(
            name=name, **tomllib.loads((folder / name.replace("-", "_") / "style.toml").read_text("utf-8"))
        )
        for name in ORDER
    }


def style_pack(name: str) -> StylePack:
    """The pack called `name`; UsageError naming the five otherwise."""
    try:
        return style_packs()[name]
    except KeyError:
        raise UsageError(
            f"There is no style with that name. The styles are: {', '.join(ORDER)}.", code="unknown_style"
        ) from None


def chosen_styles(names: str | list[str] | tuple[str, ...]) -> list[str]:
    """The styles someone asked for, without repeats, in the order of `ORDER`; "all" means all five."""
    asked = [part.strip() for part in names.split(",")] if isinstance(names, str) else list(names)
    asked = [part for part in asked if part]
    if "all" in asked:
        return list(ORDER)
    if not asked:
        raise UsageError("Choose at least one style.", code="no_style")
    wanted = {style_pack(name).name for name in asked}
    return [name for name in ORDER if name in wanted]
