"""Makes what Replicate does for us, as the settings say."""

from collections.abc import Iterator

from tasks.providers.model_registry import ImageModel, image_model
from tasks.providers.replicate.image import Patience, ReplicateImage
from tasks.providers.replicate.settings import ReplicateAccount
from tasks.providers.replicate.wire import ReplicateWire
from tasks.providers.spec import Kind, Setup


def wire(setup: Setup) -> ReplicateWire:
    """The API, with our token."""
    own = setup.settings.of(ReplicateAccount)
    return ReplicateWire(own.api_token.get_secret_value(), own.base_url, on_response=setup.on_response)


def image(setup: Setup) -> ReplicateImage:
    """The model that the settings name."""
    own = setup.settings.of(ReplicateAccount)
    hooked = own.webhook_secret.get_secret_value() != ""
    return ReplicateImage(
        wire(setup),
        slug=own.model,
        store=setup.store(),
        hook_base=setup.settings.public_address if hooked else "",
        patience=Patience(deadline=setup.settings.picture_seconds),
    )


def models(setup: Setup, kind: Kind) -> Iterator[ImageModel]:
    """The model that draws. Raises UsageError (`unknown_model`)."""
    if kind is Kind.IMAGE:
        yield image_model(setup.settings.of(ReplicateAccount).model)
