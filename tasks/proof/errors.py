"""What a link can't do any more, said to a customer: kindly, and with a way on."""

from tasks.errors import StorykinError


class LinkUnknown(StorykinError):
    """No link has this token: it was cut short, made up, or the person was erased."""

    code = "link_unknown"

    def __init__(self) -> None:
        super().__init__(
            "This link leads nowhere. It may have been cut short when it was copied: open it once more from "
            "the message that it came in, or ask for a new one."
        )


class LinkOver(StorykinError):
    """The link was good once, and is not any more."""

    code = "link_over"


class NotWithdrawn(LinkOver):
    """The consent was to be withdrawn by a link that is good no more, and it stands."""

    def __init__(self) -> None:
        super().__init__(
            "This link is good no more, so your withdrawal did not arrive: the consent still stands. Tell "
            "whoever sent you the link that you withdraw it; they end it at once."
        )


class LinkUsed(StorykinError):
    """The link was answered, otherwise than it is now."""

    code = "link_answered"

    def __init__(self) -> None:
        super().__init__("You have answered already, and that answer counts. Nothing was changed.")


class PicturesChanged(StorykinError):
    """The pictures are not those that the customer has looked at."""

    code = "pictures_changed"

    def __init__(self) -> None:
        super().__init__(
            "The pictures were changed while you were looking at them, so nothing was sent. Please look at "
            "them once more."
        )
