"""One style pack: what its `style.toml` holds, and how it is read."""

import re
import tomllib
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from tasks.errors import UsageError
from tasks.renderer.layout import StyleLayout

DOCUMENT, PAINTER, SAMPLE = "style.toml", "painter.py", "sample.webp"
CLOUD_ONLY = "cloud only"
RESERVED = frozenset({"all"})  # what people write for every style
_NAME = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
_LONGEST_NAME = 32  # what the database's column holds


class BadStylePack(UsageError):
    """A style pack that can't be used; the sentence names its file and field."""

    code = "bad_style_pack"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PromptParts(_Part):
    """The words of a style that surround the person."""

    medium: str = Field(min_length=1)
    figure: str = Field(default="", description="The medium of a whole figure, where `medium` says portrait.")
    light: str = Field(min_length=1)
    background: str = Field(min_length=1)
    avoid: tuple[str, ...]


class PaletteHints(_Part):
    """What a style does to the person's colors."""

    treatment: str = Field(min_length=1)


class StyleColors(_Part):
    """The colors of a style where it is shown."""

    # Behind the sample while it loads, and of a rehearsal's plain pictures: #rrggbb.
    ground: str = Field(pattern=r"^#[0-9a-f]{6}$")


class LocalDrawing(_Part):
    """How the local engine draws the style."""

    seed_number: int = Field(ge=1, description="Goes into every seed: another one gives other pictures.")
    layout: StyleLayout = StyleLayout()


class StylePack(_Part):
    """One style, as data.

    Raise `version` when the prompt's words or the parameters change: the work key holds it, so every picture
    is then drawn, and bought, again.
    """

    name: str
    folder: Path  # holds style.toml, sample.webp and perhaps painter.py
    package: str = ""  # the folder's dotted name where it is part of a package
    label: str = Field(min_length=1, max_length=40)
    order: int = Field(description="Where people see it among the others, smallest first.")
    blurb: str = Field(min_length=1)
    version: str = Field(min_length=1, max_length=32)
    token: str = Field(min_length=1, description="The style's own words, kept to the letter in every prompt.")
    pass_mark: float = Field(gt=0, le=1, description="The likeness (SFace cosine) a good picture reaches.")
    painter: Literal["painter.py", "cloud only"]
    prompt: PromptParts
    palette: PaletteHints
    parameters: dict[str, str | int | float | bool]
    colors: StyleColors
    drawing: LocalDrawing | None = None

    @property
    def drawn_locally(self) -> bool:
        """Whether the local engine can draw it; a provider of pictures always can."""
        return self.painter == PAINTER

    @property
    def sample(self) -> bytes:
        """The sample picture, a WebP."""
        return (self.folder / SAMPLE).read_bytes()

    @model_validator(mode="after")
    def _whole(self) -> "StylePack":
        if self.drawn_locally and self.drawing is None:
            raise ValueError(f'[drawing] is missing: painter = "{PAINTER}" needs it')
        if not self.drawn_locally and self.drawing is not None:
            raise ValueError(f'[drawing] is of no use to a style whose painter is "{CLOUD_ONLY}"')
        return self


def read_pack(name: str, folder: Path, package: str = "") -> StylePack:
    """The pack in `folder`.

    Args:
        name: How commands and the record call the style: small letters, digits and dashes.
        folder: Where the pack lies.
        package: The folder's dotted name where it is part of a package.

    Raises:
        BadStylePack: Something is missing or wrong; the sentence names the file and the field.
    """
    if not _NAME.fullmatch(name) or len(name) > _LONGEST_NAME or name in RESERVED:
        raise BadStylePack(
            f"The style pack {folder} can't be used: its name must be small letters, digits and dashes, "
            f"at most {_LONGEST_NAME}, and not “all”."
        )
    pack = _parsed(name, folder, package)
    files = (SAMPLE, PAINTER) if pack.drawn_locally else (SAMPLE,)
    for file in files:
        if not (folder / file).is_file():
            raise _bad(folder / file, "this file is missing")
    if not _is_webp(pack.sample):
        raise _bad(folder / SAMPLE, "this is no WebP picture")
    return pack


def _parsed(name: str, folder: Path, package: str) -> StylePack:
    file = folder / DOCUMENT
    try:
        document: dict[str, Any] = tomllib.loads(file.read_text("utf-8"))
    except OSError:
        raise _bad(file, "this file is missing or can't be read") from None
    except ValueError as error:  # not TOML, or not UTF-8
        raise _bad(file, str(error)) from None
    identity = {"name": name, "folder": folder, "package": package}
    for field in identity.keys() & document.keys():
        raise _bad(file, f"{field}: the folder says this, not the file")
    try:
        return StylePack.model_validate(document | identity)
    except ValidationError as error:
        raise _bad(file, "; ".join(_problems(error))) from None


def _problems(error: ValidationError) -> list[str]:
    """One part of a sentence a field, such as "prompt.medium: Field required"."""
    return [
        ": ".join(filter(None, (".".join(map(str, each["loc"])), each["msg"].removeprefix("Value error, "))))
        for each in error.errors(include_input=False, include_url=False)
    ]


def _is_webp(data: bytes) -> bool:
    return data[:4] == b"RIFF" and data[8:12] == b"WEBP"


def _bad(file: Path, what: str) -> BadStylePack:
    return BadStylePack(f"The style pack's file {file} can't be used: {what}.")
