"""The page of the audit log: who did what, and whether the log is whole."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from db.audit.acts import AuditAct as Act
from tasks.audit.listing import AuditPage
from tasks.audit.verify import AuditReport
from ui.i18n import N_, _
from ui.views.account import frame
from ui.views.templates import render

GROUPS: dict[str, str] = {
    "session.": N_("Signing in"),
    "user.": N_("People"),
    "token.": N_("API tokens"),
    "link.": N_("Links"),
    "consent.": N_("Consent"),
    "erasure.": N_("Erasure"),
    "hold.": N_("Legal holds"),
    "retention.": N_("Retention"),
    "access.": N_("Access exports"),
    "character.": N_("Characters"),
    "picture.": N_("Pictures"),
    "order.": N_("Orders"),
    "call.": N_("Calls"),
    "batch.": N_("Batches"),
    "schedule.": N_("Schedules"),
    "budget.": N_("Budgets"),
    "record.": N_("The database"),
    "audit.": N_("The audit log"),
}
ACTS: dict[str, str] = {
    Act.SIGNED_IN: N_("signed in"),
    Act.SIGNED_OUT: N_("signed out"),
    Act.SIGN_IN_FAILED: N_("a sign-in failed"),
    Act.LOCKED_OUT: N_("too many tries: locked for a while"),
    Act.SESSION_ENDED: N_("sessions ended from elsewhere"),
    Act.USER_MADE: N_("account made"),
    Act.USER_CHANGED: N_("account taken away"),
    Act.ROLE_CHANGED: N_("role changed"),
    Act.PASSWORD_CHANGED: N_("password changed"),
    Act.USER_DISABLED: N_("kept out"),
    Act.USER_ENABLED: N_("let in again"),
    Act.USER_LINKED: N_("known to the sign-in service"),
    Act.USER_UNLINKED: N_("sign-in service forgotten"),
    Act.SECOND_FACTOR_ON: N_("second factor on"),
    Act.SECOND_FACTOR_OFF: N_("second factor off"),
    Act.RECOVERY_CODE_USED: N_("recovery code used"),
    Act.RECOVERY_CODES_MADE: N_("recovery codes made"),
    Act.CONSENT_GIVEN: N_("consent recorded"),
    Act.CONSENT_WITHDRAWN: N_("consent withdrawn"),
    Act.CONSENT_TEXT_WRITTEN: N_("consent text written"),
    Act.ERASURE_ASKED: N_("erasure asked for"),
    Act.ERASURE_DONE: N_("erased"),
    Act.HOLD_PLACED: N_("legal hold placed"),
    Act.HOLD_LIFTED: N_("legal hold lifted"),
    Act.RETENTION_RUN: N_("erased by its period"),
    Act.ACCESS_EXPORTED: N_("access archive given out"),
    Act.CHARACTER_MADE: N_("character made"),
    Act.CORRECTED: N_("profile corrected"),
    Act.DETAILS_CHANGED: N_("details changed"),
    Act.PICTURE_REVIEWED: N_("picture decided about"),
    Act.FAVOURITE_CHANGED: N_("favourite changed"),
    Act.DECISION_UNDONE: N_("decision undone"),
    Act.PICTURES_GIVEN_OUT: N_("pictures given out"),
    Act.PICTURES_ORDERED: N_("pictures ordered"),
    Act.RUN_CANCELLED: N_("run cancelled"),
    Act.CALL_SETTLED: N_("call settled"),
    Act.BATCH_STARTED: N_("batch started"),
    Act.BATCH_CHANGED: N_("batch changed"),
    Act.SCHEDULE_CHANGED: N_("schedule changed"),
    Act.BUDGET_CHANGED: N_("budget changed"),
    Act.LINK_MADE: N_("link made"),
    Act.LINK_USED: N_("link used"),
    Act.LINK_WITHDRAWN: N_("link withdrawn"),
    Act.TOKEN_MADE: N_("token made"),
    Act.TOKEN_REVOKED: N_("token revoked"),
    Act.RESTORED: N_("a backup was restored"),
    Act.AUDIT_RESUMED: N_("the log was gone on with by hand"),
    Act.AUDIT_EXPORTED: N_("the log was exported"),
    Act.KEY_TRUSTED: N_("a key was made known"),
}
DOORS = {
    "system": N_("Storykin itself"),
    "operator": N_("whoever was at this machine"),
    "studio": N_("somebody at the sign-in page"),
    "customer": N_("a customer, by their link"),
    "support link": N_("whoever has a support link"),
}
_COMMAND_LINE = "command line:"


@dataclass(frozen=True)
class Asked:
    """What the filter says; days are those of the studio's time zone."""

    who: str = ""
    act: str = ""
    what: str = ""
    since: date | None = None
    until: date | None = None

    @property
    def query(self) -> str:
        """The same as the query of an address."""
        return urlencode({name: str(value) for name, value in vars(self).items() if value})


def audit_html(asked: Asked, page: AuditPage, known: Sequence[tuple[str, str]], *, is_first: bool) -> str:
    """The whole page. `known`: everybody by whom there are entries, with their names."""
    return render(
        "audit.html",
        **frame(_("Audit log"), "audit", ("part.js",)),
        asked=asked,
        page=page,
        is_first=is_first,
        people=[(each, who_words(each, name)) for each, name in known],
        groups=_kinds(),
        act_words=act_words,
        who_words=who_words,
        said=_said,
    )


def audit_state_html(report: AuditReport) -> str:
    """Whether the log is whole, as it was found just now."""
    return render("audit_state.html", report=report)


def act_words(act: str) -> str:
    """An act in words; one that nobody has written words for, as it is."""
    return _(ACTS[act]) if act in ACTS else act


def who_words(who: str, name: str) -> str:
    """Who it was: their name, or by which door it came."""
    if name:
        return name
    if who in DOORS:
        return _(DOORS[who])
    if who.startswith(_COMMAND_LINE):
        return _("%(account)s at the command line", account=who.removeprefix(_COMMAND_LINE))
    return who


def _kinds() -> list[tuple[str, str, list[tuple[str, str]]]]:
    """Every kind with its acts, for the filter; acts without a kind of ours stand by themselves."""
    return [
        (prefix, _(words), [(each, act_words(each)) for each in Act if each.startswith(prefix)])
        for prefix, words in GROUPS.items()
    ]


def _said(data: dict[str, Any]) -> str:
    """What else an entry says, in one line: ids and words of ours."""
    told = ((name, value) for name, value in data.items() if name != "event" and value not in ("", None, []))
    return " · ".join(
        f"{name}: {', '.join(map(str, value)) if isinstance(value, list) else value}" for name, value in told
    )
