"""What a person may choose for a picture beside its style."""

from dataclasses import dataclass
from enum import StrEnum

from db.models.orders import DRAFT, PORTRAIT
from db.told import told
from tasks.design.shapes import Framing
from tasks.errors import UsageError
from tasks.providers.protocols import ImageProvider, can_print

RESOLUTION = "resolution"  # in parameters


class Resolution(StrEnum):
    """How large a picture is. The values are part of orders and work keys."""

    DRAFT = "draft"  # about a thousand pixels a side: for the screen, and what is bought unless one chooses
    PRINT = "print"  # about two thousand: for a page


FRAMING_LABELS = {Framing.PORTRAIT: "Portrait", Framing.FULL_BODY: "Full body"}
RESOLUTION_LABELS = {Resolution.DRAFT: "Draft", Resolution.PRINT: "For print"}


@dataclass(frozen=True)
class PictureOptions:
    """How a picture is made. What is left at its default is no ingredient of a work key, as it was before
    there was a choice: nothing that was bought then is bought again.
    """

    framing: Framing = Framing.PORTRAIT
    resolution: Resolution = Resolution.DRAFT

    @property
    def stored_framing(self) -> str:
        """The framing as the record's columns hold it."""
        return PORTRAIT if self.framing is Framing.PORTRAIT else self.framing.value

    @property
    def stored_resolution(self) -> str:
        """The resolution as the record's columns hold it."""
        return DRAFT if self.resolution is Resolution.DRAFT else self.resolution.value

    @property
    def chosen(self) -> dict[str, str]:
        """What is not at its default, as documents, parameters and work keys hold it."""
        told = {"framing": self.stored_framing, RESOLUTION: self.stored_resolution}
        return {name: value for name, value in told.items() if value}


AS_USUAL = PictureOptions()


def picture_options(framing: object = "", resolution: object = "") -> PictureOptions:
    """The options that a person, a document or the record's columns name. UsageError."""
    return PictureOptions(framing_of(framing), resolution_of(resolution))


def is_drawable(options: PictureOptions, provider: ImageProvider) -> bool:
    """Whether `provider` can draw what is chosen for a new picture."""
    return options.resolution is not Resolution.PRINT or can_print(provider)


def check_drawable(options: PictureOptions, provider: ImageProvider) -> None:
    """Raise UsageError where `provider` can't draw what is chosen for a new picture."""
    if not is_drawable(options, provider):
        raise UsageError(
            told(
                "%(model)s draws no larger picture for print. Choose a draft, or another model.",
                model=provider.model,
            ),
            code="no_print_size",
        )


def framing_of(name: object) -> Framing:
    """The framing of that name; nothing at all is a portrait. UsageError."""
    try:
        return Framing(str(name or Framing.PORTRAIT))
    except ValueError:
        known = ", ".join(Framing)
        raise UsageError(
            told("There is no such framing. There are: %(known)s.", known=known), code="unknown_framing"
        ) from None


def resolution_of(name: object) -> Resolution:
    """The resolution of that name; nothing at all is a draft. UsageError."""
    try:
        return Resolution(str(name or Resolution.DRAFT))
    except ValueError:
        known = ", ".join(Resolution)
        raise UsageError(
            told("There is no such resolution. There are: %(known)s.", known=known), code="unknown_resolution"
        ) from None
