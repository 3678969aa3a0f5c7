"""What is said when something was not bought."""

from db.migrate import is_current
from tasks.errors import OutcomeUnknown, Refused, StorykinError
from ui.diagnosis.check_result import CheckResult, problem, warning


def can_book() -> bool:
    """Whether there are books to put a purchase on."""
    return is_current()


def no_books(name: str) -> CheckResult:
    """Nothing was asked for, because there are no books."""
    return problem(name, "Nothing is bought that can't be put on the books: run `storykin up` once first.")


def not_bought(name: str, error: StorykinError) -> CheckResult:
    """It was asked for and did not come."""
    if isinstance(error, Refused):
        return warning(
            name,
            f"The provider refused the demo photo ({error.code}): {error.sentence} Expect it to "
            "refuse others too. A refusal ends a call for good, and is shown in the studio.",
        )
    if isinstance(error, OutcomeUnknown):
        return problem(name, f"{error.sentence} Housekeeping looks for what became of it.")
    return problem(name, f"{error.sentence} ({error.code})")
