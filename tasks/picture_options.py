"""What a person may choose for a picture beside its style."""

from dataclasses import dataclass

from db.models.orders import PORTRAIT
from tasks.design.shapes import Framing
from tasks.errors import UsageError

FRAMING_LABELS = {Framing.PORTRAIT: "Portrait", Framing.FULL_BODY: "Full body"}


@dataclass(frozen=True)
class PictureOptions:
    """How a picture is made. What is left at its default is no ingredient of a work key, as it was before
    there was a choice: nothing that was bought then is bought again.
    """

    framing: Framing = Framing.PORTRAIT

    @property
    def stored_framing(self) -> str:
        """The framing as the record's columns hold it."""
        return PORTRAIT if self.framing is Framing.PORTRAIT else self.framing.value

    @property
    def chosen(self) -> dict[str, str]:
        """What is not at its default, as documents, parameters and work keys hold it."""
        return {} if self.framing is Framing.PORTRAIT else {"framing": self.framing.value}


AS_USUAL = PictureOptions()


def framing_of(name: object) -> Framing:
    """The framing that a person, a document or a column names; nothing at all is a portrait. UsageError."""
    try:
        return Framing(str(name or Framing.PORTRAIT))
    except ValueError:
        known = ", ".join(Framing)
        raise UsageError(f"There is no such framing. There are: {known}.", code="unknown_framing") from None
