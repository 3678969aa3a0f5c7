"""Numbers, times and states as words for pages."""

from datetime import UTC, datetime

from db.models import CharacterStatus
from tasks.providers.specs import label_of

STATUS_WORDS = {
    CharacterStatus.DRAFT: "Draft",
    CharacterStatus.QUEUED: "Waiting",
    CharacterStatus.PROFILING: "Looking",
    CharacterStatus.ILLUSTRATING: "Drawing",
    CharacterStatus.READY: "Ready",
    CharacterStatus.NEEDS_ATTENTION: "Needs attention",
    CharacterStatus.FAILED: "Failed",
    CharacterStatus.ERASED: "Erased",
}
GENDER_WORDS = {"girl": "Girl", "boy": "Boy", "woman": "Woman", "man": "Man", "unspecified": ""}


def provider_label(name: str) -> str:
    """The provider as people call it."""
    return label_of(name)


def status_words(status: CharacterStatus) -> str:
    """The status as a pill says it."""
    return STATUS_WORDS[status]


def seconds_words(seconds: float | None) -> str:
    """A duration: "0.8 s", "12 s", "1 min 05 s"; "" when it is not known."""
    if seconds is None:
        return ""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 60:
        return f"{seconds:.0f} s"
    return f"{seconds // 60:.0f} min {seconds % 60:02.0f} s"


def size_words(size_bytes: int) -> str:
    """A number of bytes as kB or MB."""
    return (
        f"{size_bytes / 1_000_000:.1f} MB" if size_bytes >= 1_000_000 else f"{max(1, size_bytes // 1000)} kB"
    )


def count_words(count: int, one: str, many: str) -> str:
    """`count` things: "1 character", "1,204 characters"."""
    return f"{count:,} {one if count == 1 else many}"


def ago_words(moment: datetime, now: datetime | None = None) -> str:
    """How long ago: "just now", "5 minutes ago", "3 days ago", then the date."""
    seconds = ((now or datetime.now(UTC)) - moment).total_seconds()
    for size, one, many in ((86_400, "day", "days"), (3_600, "hour", "hours"), (60, "minute", "minutes")):
        count = int(seconds // size)
        if count >= 1:
            return f"{count} {one if count == 1 else many} ago" if count < 30 else day_words(moment)
    return "just now"


def day_words(moment: datetime) -> str:
    """A day: "22 November 2026"."""
    return f"{moment.day} {moment:%B %Y}"


def moment_words(moment: datetime) -> str:
    """A moment to the second, in UTC."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
