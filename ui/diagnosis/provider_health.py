"""What the providers in use say of themselves when they are asked, free of charge."""

from collections.abc import Iterator

from db.told import Told, told
from tasks.providers.registry import setup
from tasks.settings import provider_settings
from ui.diagnosis.check_result import CheckResult, Level


def provider_health() -> Iterator[CheckResult]:
    """The findings of each provider in use that has a health check. Raises UsageError."""
    for spec in {spec.id: spec for _, spec in provider_settings().chosen()}.values():
        for each in spec.findings(setup()):
            yield CheckResult(
                "providers",
                Level(each.level),
                told("%(provider)s: %(sentence)s", provider=spec.label, sentence=Told(each.sentence)),
            )
