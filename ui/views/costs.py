"""The costs page, part by part."""

from dataclasses import dataclass
from datetime import date, datetime

from db.models import CallKind, CallState
from db.repositories.call_sums import CallPage, CallSum, CharacterSum, ListedCall, StyleSum
from db.repositories.spending import Spending, SumsAudit
from tasks.amounts import exact_dollars
from ui.i18n import N_, _, ngettext
from ui.views.pictures import style_label
from ui.views.providers import ProviderStatus, Standing
from ui.views.templates import render
from ui.views.words import moment_words, provider_label

PAGE_SIZE = 25


@dataclass(frozen=True)
class CostFilter:
    """Which calls are asked for; `page` counts from 1."""

    state: CallState | None = None
    page: int = 1


@dataclass(frozen=True)
class Budget:
    """Today's money: what is known, what is reserved, and what may be spent at most (None: no limit)."""

    today: Spending
    budget_microusd: int | None
    run_cap_microusd: int | None

    @property
    def left_microusd(self) -> int | None:
        """What today's budget has room for; None without a budget."""
        if self.budget_microusd is None:
            return None
        return max(0, self.budget_microusd - self.today.total_microusd)


@dataclass(frozen=True)
class DayCosts:
    """One day of the chart, with a sum for each provider that was asked."""

    date: date
    providers: tuple[tuple[str, CallSum], ...]

    @property
    def total_microusd(self) -> int:
        """The sum over the providers, known and reserved."""
        return sum(each.total_microusd for _, each in self.providers)


@dataclass(frozen=True)
class CostsPage:
    """Everything the costs page shows; `listed` is one page of calls, the rest is over all of them."""

    filter: CostFilter
    timezone: str
    budget: Budget
    unknown: CallPage
    providers: tuple[ProviderStatus, ...]
    days: tuple[DayCosts, ...]
    styles: tuple[StyleSum, ...]
    characters: tuple[CharacterSum, ...]
    states: tuple[tuple[CallState, CallSum], ...]
    listed: CallPage
    total: CallSum
    audit: SumsAudit | None

    @property
    def pages(self) -> int:
        """How many pages the list has, at least one."""
        return page_count(self.listed.sum.calls)


def page_count(count: int) -> int:
    """How many pages of the list `count` calls fill, at least one."""
    return max(1, -(-count // PAGE_SIZE))


STATE_WORDS = {
    CallState.CLAIMED: N_("Taken on, nothing sent"),
    CallState.SENDING: N_("Being sent"),
    CallState.ACCEPTED: N_("The provider works on it"),
    CallState.DELIVERED: N_("Answered, being fetched"),
    CallState.STORED: N_("Kept, not yet recorded"),
    CallState.RECORDED: N_("Done"),
    CallState.REFUSED: N_("Refused by the provider"),
    CallState.FAILED: N_("Failed"),
    CallState.UNKNOWN: N_("Possibly paid"),
    CallState.WRITTEN_OFF: N_("Written off"),
}
TONES = {
    CallState.RECORDED: "ready",
    CallState.STORED: "ready",
    CallState.REFUSED: "failed",
    CallState.FAILED: "failed",
    CallState.UNKNOWN: "needs_attention",
}
STANDINGS = {
    Standing.WELL: N_("well"),
    Standing.SHAKY: N_("shaky"),
    Standing.SLOW: N_("slow"),
    Standing.PAUSED: N_("paused"),
    Standing.HALF_OPEN: N_("on trial"),
    Standing.OPEN: N_("left alone"),
}
_COLORED = ("replicate", "openai", "local")  # others share the fourth colour


def costs_html(page: CostsPage) -> str:
    """The HTML of everything above the list of calls."""
    charted = {name for day in page.days for name, sum in day.providers if sum.total_microusd}
    return render(
        "costs.html",
        page=page,
        budget=page.budget,
        highest=max((day.total_microusd for day in page.days), default=0),
        series=_series(charted),
        dearest=max((each.sum.total_microusd for each in page.styles), default=0),
        dearest_character=max((each.sum.total_microusd for each in page.characters), default=0),
        style_words=style_words,
        provider_label=provider_label,
        standing_words=standing_words,
        standing_labels=STANDINGS,
        call_words=call_words,
        day_label=day_label,
    )


def _series(charted: set[str]) -> dict[str, int]:
    """The color number of each provider in the chart: known ones keep theirs whoever else is there."""
    known = [name for name in _COLORED if name in charted]
    others = sorted(charted - set(known))
    colors = {name: _COLORED.index(name) for name in known}
    return colors | dict.fromkeys(others, len(_COLORED))


def calls_html(page: CostsPage) -> str:
    """The HTML of the list of calls, its filter and its pager."""
    first = (page.filter.page - 1) * PAGE_SIZE + 1
    return render(
        "calls.html",
        page=page,
        first=first,
        last=first + len(page.listed.items) - 1,
        state_words=STATE_WORDS,
        tones=TONES,
        outcome_words=outcome_words,
        call_words=call_words,
        provider_label=provider_label,
        count=ngettext(
            "%(num)s call", "%(num)s calls", page.listed.sum.calls, num=f"{page.listed.sum.calls:,}"
        ),
    )


def style_words(each: StyleSum) -> str:
    """What the calls of one sum were to buy: a style's label, or the look at the photo."""
    return _bought(each.kind, each.style)


def call_words(call: ListedCall) -> str:
    """What one call was to buy: a style's label, or the look at the photo."""
    return _bought(call.kind, call.style)


def _bought(kind: CallKind, style: str | None) -> str:
    if kind is CallKind.VISION:
        return _("Look at the photo")
    return style_label(style) if style else _("Picture (its prompt is erased)")


def outcome_words(call: ListedCall) -> str:
    """What became of the money of this call, in a few words."""
    if call.state is CallState.WRITTEN_OFF:
        counted = exact_dollars(call.reserved_microusd)
        return _("given up by a person; %(counted)s counted, as nobody knows", counted=counted)
    if call.state is CallState.UNKNOWN:
        return _("no answer came; it will not be sent again by itself")
    if call.state in (CallState.FAILED, CallState.REFUSED):
        return _("charged all the same") if call.known_microusd else _("nothing was charged")
    if call.reserved_microusd:
        return _("reserved until the price is known")
    return ""


def standing_words(status: ProviderStatus) -> str:
    """How the provider stands, in a sentence."""
    until = _time(status.until)
    failures = ngettext("%(num)s failure", "%(num)s failures", status.failures)
    return {
        Standing.WELL: _("Answers well."),
        Standing.SHAKY: _("%(failures)s in a row; it is still asked.", failures=failures),
        Standing.SLOW: _(
            "Held to %(count)s requests a minute until %(until)s.", count=status.per_minute, until=until
        ),
        Standing.PAUSED: _("It has asked us to wait until %(until)s; nothing is sent before.", until=until),
        Standing.HALF_OPEN: _(
            "After %(failures)s in a row the next request shows whether it is back.", failures=failures
        ),
        Standing.OPEN: _(
            "%(failures)s in a row: nothing is sent until %(until)s.", failures=failures, until=until
        ),
    }[status.standing]


def day_label(day: date) -> str:
    """A day under its column: "22 Nov"."""
    return f"{day.day} {day:%b}"


def _time(moment: datetime | None) -> str:
    return moment_words(moment)[11:] if moment else ""
