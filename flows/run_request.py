"""What a run is asked for, and what became of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tasks.errors import StorykinError
from tasks.picture_options import AS_USUAL, PictureOptions


@dataclass(frozen=True)
class RunRequest:
    """What was asked for. `another` draws a new picture on purpose where one exists.

    `ordinals` says which picture of a style is meant where it is not the first, and `options_by_style` how
    it is to be made where it is not as `options` say, as a batch does.
    """

    character_id: str
    styles: tuple[str, ...]
    run_token: str
    another: bool = False
    ordinals: Mapping[str, int] = field(default_factory=dict)
    options: PictureOptions = AS_USUAL
    options_by_style: Mapping[str, PictureOptions] = field(default_factory=dict)

    def options_of(self, style: str) -> PictureOptions:
        """How the picture in `style` is to be made."""
        return self.options_by_style.get(style, self.options)


@dataclass
class RunResult:
    """What became of it: image ids by style, made or found, and the failures by style ("" is the photo's)."""

    profile_id: str | None = None
    made: dict[str, str] = field(default_factory=dict)
    found: dict[str, str] = field(default_factory=dict)
    failures: dict[str, StorykinError] = field(default_factory=dict)
