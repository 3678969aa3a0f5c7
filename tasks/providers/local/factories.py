"""Makes the local engine. Imported at its first use: cv2 is slow to import."""

from tasks.providers.local.illustrator import LocalIllustrator
from tasks.providers.local.vision import LocalVision
from tasks.providers.spec import Setup


def vision(_setup: Setup) -> LocalVision:
    """The local vision provider; it has no settings."""
    return LocalVision()


def image(_setup: Setup) -> LocalIllustrator:
    """The local image provider; it has no settings."""
    return LocalIllustrator()
