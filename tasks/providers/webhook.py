"""What every provider's webhooks have in common."""

from tasks.errors import StorykinError


class NotGenuine(StorykinError):
    """The delivery is not signed by the provider, or it is too old."""

    code = "not_genuine"
