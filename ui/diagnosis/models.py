"""The paid models that the settings name: are they known, and until when do they live?"""

from collections.abc import Iterator

from db.told import told
from tasks.errors import UsageError
from tasks.providers.model_registry import (
    Model,
    refuse_after_sunset,
    registry_checked_on,
    sunset_warning,
    today,
)
from tasks.providers.registry import chosen_models
from ui.diagnosis.check_result import CheckResult, ok, problem, warning

STALE_AFTER = 90  # days; prices and sunsets change about as often


def registry() -> Iterator[CheckResult]:
    """Each paid model in use, and how old what we know of it is. Raises UsageError."""
    models = list(chosen_models())
    for model in models:
        yield _lives(model)
    age = (today() - registry_checked_on()).days
    if models and age > STALE_AFTER:
        yield warning(
            "models",
            told(
                "The registry of models was last compared with the providers' pages %(age)s days ago: "
                "prices and dates may have changed. Update Storykin, or check tasks/providers/models.toml.",
                age=age,
            ),
        )
    if not models:
        yield ok("models", "No paid model is in use: the local engine looks and draws.")


def _lives(model: Model) -> CheckResult:
    try:
        refuse_after_sunset(model)
    except UsageError as error:
        return problem("models", error.sentence)
    soon = sunset_warning(model)
    if soon:
        return warning("models", soon)
    return ok(
        "models", told("%(called)s is in the registry, and no end of it is known.", called=model.called)
    )
