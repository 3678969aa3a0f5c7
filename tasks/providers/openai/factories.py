"""Makes what OpenAI does for us, as the settings say. Imported at its first use: the package is slow to."""

import hmac
from collections.abc import Iterator

from tasks.providers.model_registry import VisionModel, vision_model
from tasks.providers.openai.color_check import check_colors
from tasks.providers.openai.settings import OpenAIAccount
from tasks.providers.openai.vision import OpenAISettings, OpenAIVision
from tasks.providers.spec import Kind, Setup


def vision(setup: Setup) -> OpenAIVision:
    """Who looks at photos; the pixels beside it are the local engine's."""
    own = setup.settings.of(OpenAIAccount)
    return OpenAIVision(
        OpenAISettings(
            api_key=own.api_key.get_secret_value(),
            model=own.vision_model,
            base_url=own.base_url,
            moderation=own.moderation,
            safety_identifier=hmac.digest(setup.secret(), b"openai safety identifier", "sha256").hex(),
        ),
        color_check=check_colors,
        on_response=setup.on_response,
    )


def models(setup: Setup, kind: Kind) -> Iterator[VisionModel]:
    """The model that looks at photos. Raises UsageError (`unknown_model`)."""
    if kind is Kind.VISION:
        yield vision_model(setup.settings.of(OpenAIAccount).vision_model)
