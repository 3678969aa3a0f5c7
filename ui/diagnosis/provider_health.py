"""What the providers in use say of themselves when they are asked, free of charge."""

from collections.abc import Iterator

from tasks.providers.registry import setup
from tasks.providers.spec import Finding
from tasks.settings import provider_settings
from ui.diagnosis.check_result import CheckResult, Level

NAME = "providers"


def provider_health() -> Iterator[CheckResult]:
    """The findings of each provider in use that has a health check. Raises UsageError."""
    for _kind, spec in provider_settings().chosen():
        yield from map(_result, spec.findings(setup()))


def _result(finding: Finding) -> CheckResult:
    return CheckResult(NAME, Level(finding.level), finding.sentence)
