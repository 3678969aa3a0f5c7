"""What a character is called wherever it is not on its own page: by its name, or by an order number.

Decided here alone, by STORYKIN_NAMES. An order number is the end of the character's id: it is there from the
beginning, never changes, moves with a backup, and says nothing of anybody.
"""

import re
from enum import StrEnum
from functools import lru_cache

from pydantic import Field
from pydantic_settings import BaseSettings

from db.settings import CONFIG, read_settings

# 32 of the id's random bits: of 10,000 characters two are alike in one house of a hundred. Those are told
# apart by their pictures, and every link and every act goes by the whole id.
_HALF = 4
_TYPED = re.compile(rf"[0-9a-f]{{{_HALF}}}-?[0-9a-f]{{{_HALF}}}", re.IGNORECASE)


class Names(StrEnum):
    """What characters are called outside of their own pages."""

    NAMES = "names"
    ORDER_NUMBERS = "order-numbers"


class NameSettings(BaseSettings):
    """Whether characters are called by their names."""

    model_config = CONFIG

    names: Names = Field(
        default=Names.NAMES,
        validation_alias="STORYKIN_NAMES",
        description="names; or order-numbers: outside of its own page a character is called by an order "
        "number, like 3FA9-C1D0, on pages, in files and by commands. Searching by name still finds it.",
    )


@lru_cache
def name_settings() -> NameSettings:
    """The settings of this process, read once. Raises BadSettings."""
    return read_settings(NameSettings)


def names_hidden() -> bool:
    """Whether order numbers stand in the place of names."""
    return name_settings().names is Names.ORDER_NUMBERS


def called(name: str, character_id: str) -> str:
    """What the character with this name and id is called outside of its own page."""
    return order_number(character_id) if names_hidden() else name


def order_number(character_id: str) -> str:
    """The last eight signs of an id as people read them out: "3FA9-C1D0"."""
    return f"{character_id[-2 * _HALF : -_HALF]}-{character_id[-_HALF:]}".upper()


def id_ending(text: str) -> str:
    """How the ids end whose order number `text` is, in any case, with its dash or without; "" for others."""
    return text.replace("-", "").lower() if _TYPED.fullmatch(text) else ""
