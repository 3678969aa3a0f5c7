"""Numbers, times and states as words for pages."""

import math
import re
from datetime import UTC, datetime

from babel.dates import format_date
from markupsafe import Markup, escape

from db.models import CharacterStatus
from tasks.providers.specs import label_of
from ui.i18n import N_, SOURCE, _, current_language, ngettext

_CODE = re.compile(r"`([^`]+)`")

STATUS_WORDS = {
    CharacterStatus.DRAFT: N_("Draft"),
    CharacterStatus.QUEUED: N_("Waiting"),
    CharacterStatus.PROFILING: N_("Looking"),
    CharacterStatus.ILLUSTRATING: N_("Drawing"),
    CharacterStatus.READY: N_("Ready"),
    CharacterStatus.NEEDS_ATTENTION: N_("Needs attention"),
    CharacterStatus.FAILED: N_("Failed"),
    CharacterStatus.ERASED: N_("Erased"),
}
GENDER_WORDS = {
    "girl": N_("Girl"),
    "boy": N_("Boy"),
    "woman": N_("Woman"),
    "man": N_("Man"),
    "unspecified": "",
}


def provider_label(name: str) -> str:
    """The provider as people call it."""
    return _(label_of(name))


def status_words(status: CharacterStatus) -> str:
    """The status as a pill says it."""
    return _(STATUS_WORDS[status])


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
    days, hours, minutes = (int(seconds // size) for size in (86_400, 3_600, 60))
    if days >= 30:
        return day_words(moment)
    if days >= 1:
        return ngettext("%(num)s day ago", "%(num)s days ago", days)
    if hours >= 1:
        return ngettext("%(num)s hour ago", "%(num)s hours ago", hours)
    if minutes >= 1:
        return ngettext("%(num)s minute ago", "%(num)s minutes ago", minutes)
    return _("just now")


def left_words(seconds: float | None) -> str:
    """How long something will be yet: "about 40 s left", "about 2 h left"; "" when it is not known."""
    if seconds is None or seconds <= 0:
        return ""
    if seconds < 90:
        return _("about %(count)s s left", count=max(5, math.ceil(seconds / 5) * 5))
    if seconds < 90 * 60:
        return _("about %(count)s min left", count=math.ceil(seconds / 60))
    return _("about %(count)s h left", count=math.ceil(seconds / 3600))


def day_words(moment: datetime) -> str:
    """A day: "22 November 2026"."""
    return format_date(
        moment, "d MMMM y" if current_language() == SOURCE else "long", locale=current_language()
    )


def moment_words(moment: datetime) -> str:
    """A moment to the second, in UTC."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def with_codes(sentence: str) -> Markup:
    """A sentence as HTML, with what stands between backticks set as code: commands to type."""
    return Markup(_CODE.sub(r"<code>\1</code>", str(escape(sentence))))  # noqa: S704 - escaped just now
