"""Makes what OpenAI does for us, as the settings say. Imported at its first use: the package is slow to."""

import hmac
from collections.abc import Iterator

from tasks.providers.model_registry import Model, vision_model
from tasks.providers.openai.color_check import check_colors
from tasks.providers.openai.image_models import openai_image_model
from tasks.providers.openai.images import OpenAIImages, OpenAIImagesSettings
from tasks.providers.openai.settings import OpenAIAccount
from tasks.providers.openai.vision import OpenAISettings, OpenAIVision
from tasks.providers.spec import Kind, Setup

LONGEST_PICTURE = 300.0  # seconds; a step has 900 for the wait, the exchange (twice this) and the keeping


def vision(setup: Setup) -> OpenAIVision:
    """The vision provider; the local engine measures the colors beside it."""
    own = setup.settings.of(OpenAIAccount)
    return OpenAIVision(
        OpenAISettings(
            api_key=own.api_key.get_secret_value(),
            model=own.vision_model,
            base_url=own.base_url,
            moderation=own.moderation,
            safety_identifier=_safety_identifier(setup),
        ),
        color_check=check_colors,
        on_response=setup.on_response,
    )


def images(setup: Setup) -> OpenAIImages:
    """The image provider, with the model of STORYKIN_OPENAI_IMAGE_MODEL."""
    own = setup.settings.of(OpenAIAccount)
    return OpenAIImages(
        OpenAIImagesSettings(
            api_key=own.api_key.get_secret_value(),
            model=own.image_model,
            base_url=own.base_url,
            safety_identifier=_safety_identifier(setup),
            read_seconds=min(setup.settings.picture_seconds, LONGEST_PICTURE),
        ),
        on_response=setup.on_response,
    )


def models(setup: Setup, kind: Kind) -> Iterator[Model]:
    """The model that looks at photos, or that draws. Raises UsageError (`unknown_model`)."""
    own = setup.settings.of(OpenAIAccount)
    if kind is Kind.VISION:
        yield vision_model(own.vision_model)
    if kind is Kind.IMAGE:
        yield openai_image_model(own.image_model)


def _safety_identifier(setup: Setup) -> str:
    """One of this installation, which names nobody."""
    return hmac.digest(setup.secret(), b"openai safety identifier", "sha256").hex()
