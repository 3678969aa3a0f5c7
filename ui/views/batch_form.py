"""The form that begins a batch: what can be chosen, what was, and the plan of that in words."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from tasks.amounts import dollars, rough_dollars
from tasks.batch.outlook import BatchOutlook
from ui.i18n import N_, _, ngettext
from ui.views.pictures import style_label
from ui.views.templates import render

LEFT_OUT = {
    "left_out": N_("Pictures that today's budget has no room for"),
    "for_a_person": N_("Pictures that were refused, lost, possibly paid or paid for in vain: see Costs"),
    "not_allowed": N_("Pictures whose consent names nobody who draws here"),
    "needs_attention": N_("Characters that a person has to look at first"),
    "under_way": N_("Characters that a run is drawing"),
    "waits_for_customer": N_("Characters whose customer has not answered"),
    "on_hold": N_("Characters under a legal hold"),
    "no_photo": N_("Characters whose photo is gone"),
}


@dataclass(frozen=True)
class BatchForm:
    """What the form offers; `said` is what was chosen, by the fields' names."""

    styles: tuple[str, ...]
    models: tuple[str, ...]
    failures: tuple[tuple[str, int], ...]  # codes, with how many characters each
    tags: tuple[tuple[str, int], ...]
    said: Mapping[str, Any] = field(default_factory=dict)
    plan: BatchOutlook | None = None
    budget_microusd: int | None = None
    begun: str = ""
    batch_id: str = ""

    @property
    def too_dear(self) -> bool:
        """Whether the plan is dearer than the batch's own budget: then nothing can begin."""
        budget = self.budget_microusd
        return self.plan is not None and budget is not None and self.plan.microusd > budget


def empty_form(
    *,
    styles: tuple[str, ...],
    models: tuple[str, ...],
    failures: tuple[tuple[str, int], ...],
    tags: tuple[tuple[str, int], ...],
    limit: int,
    at_once: int,
) -> BatchForm:
    """A form in which nothing is chosen but the usual."""
    return BatchForm(
        styles, models, failures, tags, {"what": "missing", "limit": str(limit), "at_once": str(at_once)}
    )


def acted_form(form: BatchForm, said: Mapping[str, Any]) -> BatchForm:
    """The same with what a browser has sent: only texts, lists of texts, and yes or no."""
    known = {name: value for name, value in said.items() if isinstance(value, str | bool | list)}
    return replace(form, said={**form.said, **known})


def batch_form_html(form: BatchForm) -> str:
    """The part of the Batches page."""
    return render(
        "batch_form.html", form=form, said=form.said, style_label=style_label, words=plan_words(form)
    )


@dataclass(frozen=True)
class PlanWords:
    """A plan as people read it."""

    headline: str
    styles: tuple[tuple[str, int], ...]
    price: str
    there: str
    time: str
    left_out: tuple[tuple[str, int], ...]


def plan_words(form: BatchForm) -> PlanWords | None:
    """How many, what exists, the price, how long, and what can't be done and why; None without a plan."""
    plan = form.plan
    if plan is None:
        return None
    proposal = plan.proposal
    count = sum(plan.pictures.values())
    own = {
        "left_out": proposal.left_out,
        "for_a_person": proposal.for_a_person,
        "not_allowed": proposal.not_allowed,
    }
    left_out = {code: number for code, number in (own | dict(proposal.others)).items() if number}
    return PlanWords(
        headline=_(
            "%(pictures)s of %(characters)s",
            pictures=ngettext("%(num)s picture", "%(num)s pictures", count),
            characters=ngettext("%(num)s character", "%(num)s characters", plan.characters),
        )
        if count
        else _("No character fits what was chosen.")
        if proposal.nobody
        else _("Nothing of what was chosen is to be drawn."),
        styles=tuple((style_label(style), number) for style, number in plan.pictures.items()),
        price=_price(form, plan),
        there=_there(proposal.price.there),
        time=_time(plan) if count else "",
        left_out=tuple((_(LEFT_OUT.get(code, code)), number) for code, number in left_out.items()),
    )


def _price(form: BatchForm, plan: BatchOutlook) -> str:
    if not plan.proposal.pairs:
        return ""
    if not plan.microusd:
        return _("It costs nothing.")
    price = rough_dollars(plan.microusd)
    if form.too_dear:
        return _(
            "It would cost about %(price)s, more than its budget of %(budget)s: give it a larger one, or "
            "choose less.",
            price=price,
            budget=dollars(form.budget_microusd or 0),
        )
    return _("It costs about %(price)s at the most.", price=price)


def _there(count: int) -> str:
    return (
        ngettext(
            "%(num)s of them exists already or is paid for, and costs nothing.",
            "%(num)s of them exist already or are paid for, and cost nothing.",
            count,
        )
        if count
        else ""
    )


def _time(plan: BatchOutlook) -> str:
    pace = _("The provider takes %(pace)s pictures a minute at the most.", pace=plan.per_minute)
    if plan.seconds is None:
        return _("How long it takes is not known yet.") + " " + pace
    minutes = max(1, round(plan.seconds / 60))
    took = (
        ngettext("About %(num)s minute with one worker.", "About %(num)s minutes with one worker.", minutes)
        if minutes < 120
        else ngettext(
            "About %(num)s hour with one worker.", "About %(num)s hours with one worker.", round(minutes / 60)
        )
    )
    return f"{took} {pace}"
