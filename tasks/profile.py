"""The profile: what we know of a person from one photo, in the schema that every vision provider fills."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

TEMPLATE_VERSION = "profile-3"
# What photos were looked at with before. Another question alone pays for no second look.
EARLIER_TEMPLATES = ("profile-2", "profile-1")
# The note of a profile whose skin nobody could tell: a person is asked. Stored, so it stays as it is.
CHOOSE_SKIN = "The light of the photo hides the true colour of the skin: please choose it."

Confidence = Annotated[float, Field(ge=0.0, le=1.0)]
HexColor = Annotated[str, Field(pattern=r"^#[0-9a-f]{6}$")]


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Trait(_Closed):
    """One thing seen: a word (or None for unknown), how sure, and its measured colour if it has one."""

    value: str | None = None
    confidence: Confidence = 0.0
    hex: HexColor | None = None


class AgeBand(StrEnum):
    """Apparent age, broad on purpose: one photo gives ten years either way."""

    TODDLER = "toddler"
    CHILD = "child"
    TEEN = "teen"
    YOUNG_ADULT = "young adult"
    ADULT = "adult"
    OLDER_ADULT = "older adult"


class Attributes(_Closed):
    """Everything the profile says of a person. A trait whose value is None is unknown, and that is legal."""

    hair_colour: Trait
    hair_length: Trait
    eyes: Trait
    skin: Trait
    clothes: Trait
    glasses: Trait  # "none", "glasses" or "sunglasses"
    facial_hair: Trait  # "none", "beard", "moustache"
    face_shape: Trait
    age_band: Trait  # one of AgeBand
    expression: Trait
    # These came later: a profile stored before them says nothing of them.
    headwear: Trait = Field(default_factory=Trait)  # "none", or what is worn: "cap", "veil", …
    hair_texture: Trait = Field(default_factory=Trait)  # "straight", "wavy", "curly", "coily"
    glasses_shape: Trait = Field(default_factory=Trait)  # "round", "square", …
    clothes_pattern: Trait = Field(default_factory=Trait)  # "plain", "stripes", "checks", "print"
    garment: Trait = Field(default_factory=Trait)  # what covers the chest: "T-shirt", "dress", …
    neckline: Trait = Field(default_factory=Trait)  # "crew neck", "V-neck", "collar", …
    sleeves: Trait = Field(default_factory=Trait)  # "none", "short", "long"


class Swatch(_Closed):
    """One colour of the palette: the part it was measured on, in sRGB, and its share of that part."""

    part: Literal["skin", "hair", "eyes", "clothes"]
    name: str
    hex: HexColor
    share: Confidence = 1.0


class Profile(_Closed):
    """A whole profile."""

    attributes: Attributes
    palette: list[Swatch]
    do_not_change: list[str]  # short noun phrases: "shoulder-length dark brown hair", "glasses"
    monochrome: bool = False  # a black-and-white photo: its colours say nothing
    notes: list[str] = Field(default_factory=list)  # what a person should know: "the photo is dark"
