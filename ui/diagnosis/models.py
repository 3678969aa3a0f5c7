"""The paid models that the settings name: are they known, and until when do they live?"""

from collections.abc import Iterator

from tasks.errors import UsageError
from tasks.providers.model_registry import (
    ImageModel,
    VisionModel,
    image_model,
    refuse_after_sunset,
    registry_checked_on,
    sunset_warning,
    today,
    vision_model,
)
from tasks.settings import ProviderSettings, provider_settings
from ui.diagnosis.check_result import CheckResult, ok, problem, warning

STALE_AFTER = 90  # days; prices and sunsets change about as often


def chosen_models(chosen: ProviderSettings) -> Iterator[VisionModel | ImageModel]:
    """The paid models in use. Raises UsageError for one that the registry does not know."""
    if chosen.vision == "openai":
        yield vision_model(chosen.openai_model)
    if chosen.image == "replicate":
        yield image_model(chosen.image_model)


def registry() -> Iterator[CheckResult]:
    """Each paid model in use, and how old what we know of it is. Raises UsageError."""
    models = list(chosen_models(provider_settings()))
    for model in models:
        yield _lives(model)
    age = (today() - registry_checked_on()).days
    if models and age > STALE_AFTER:
        yield warning(
            "models",
            f"The registry of models was last compared with the providers' pages {age} days ago: prices and "
            "dates may have changed. Update Storykin, or check tasks/providers/models.toml.",
        )
    if not models:
        yield ok("models", "No paid model is in use: the local engine looks and draws.")


def _lives(model: VisionModel | ImageModel) -> CheckResult:
    try:
        refuse_after_sunset(model)
    except UsageError as error:
        return problem("models", error.sentence)
    soon = sunset_warning(model)
    if soon:
        return warning("models", soon)
    return ok("models", f"{model.called} is in the registry, and no end of it is known.")
