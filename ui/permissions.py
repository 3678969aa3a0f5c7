"""What every route and every event needs, and what each role may do: declared here, and nowhere else.

What is not declared is refused, to everybody. `tests/ui/test_permissions.py` names what is missing.
"""

from collections.abc import Mapping
from enum import StrEnum, auto
from functools import lru_cache
from re import Pattern

from starlette.routing import compile_path

from db.models import Role
from ui.security import MOUNT


class Permission(StrEnum):
    """What somebody has to be allowed to."""

    OPEN = auto()  # anybody at all: the sign-in page, what pages are made of, whether we are alive
    LINK = auto()  # whoever holds a signed link, or has signed the body: the route itself checks that
    MACHINE = auto()  # a program on this machine, or one with a token; and whoever may read
    SIGNED_IN = auto()  # anybody who is signed in
    REVIEW = auto()  # see what has to be decided
    DECIDE = auto()  # approve, reject, lock, choose a favourite
    READ = auto()  # see everything: people, words, money
    CHANGE = auto()  # put something right, or away; costs nothing
    SPEND = auto()  # have something drawn, or decide about money
    ERASE = auto()  # erase a person that one has made oneself
    AUDIT = auto()  # see who did what, all of it
    ADMINISTER = auto()  # people, consent texts, erasing whom others have made
    CLOSED = auto()  # nobody


OPEN, LINK, MACHINE, SIGNED_IN, REVIEW, DECIDE, READ, CHANGE, SPEND, ERASE, AUDIT, ADMINISTER, CLOSED = (
    Permission
)

_READER = frozenset({SIGNED_IN, REVIEW, READ, MACHINE})
_OPERATOR = _READER | {DECIDE, CHANGE, SPEND, ERASE}
ROLES: Mapping[Role, frozenset[Permission]] = {
    Role.REVIEWER: frozenset({SIGNED_IN, REVIEW, DECIDE}),
    Role.AUDITOR: _READER | {AUDIT},
    Role.OPERATOR: _OPERATOR,
    Role.ADMINISTRATOR: _OPERATOR | {AUDIT, ADMINISTER},
}

# Method and path of every route, as the route writes it; GET stands for HEAD as well.
ROUTES: Mapping[tuple[str, str], Permission] = {
    # Whether we are alive says nothing of anybody; what is measured tells how much is made and spent.
    ("GET", "/healthz"): OPEN,
    ("GET", "/readyz"): OPEN,
    ("GET", "/metrics"): MACHINE,
    # What pages are made of: the sign-in page needs it.
    ("GET", "/sign-in"): OPEN,
    ("POST", "/sign-in"): OPEN,
    ("GET", "/sign-in/oidc"): OPEN,
    ("GET", "/sign-in/oidc/back"): OPEN,  # with what only the browser that has begun has: `tasks.oidc`
    ("GET", "/favicon.ico"): OPEN,
    ("GET", "/manifest.json"): OPEN,
    ("GET", "/robots.txt"): OPEN,
    ("GET", "/language"): OPEN,
    ("GET", "/static/{path:path}"): OPEN,
    ("GET", "/static/styles.css"): OPEN,
    ("GET", "/static/styles/{name}.webp"): OPEN,
    ("GET", "/static/words/{language}.js"): OPEN,
    # Providers and those who were given a link.
    ("POST", "/hooks/{provider}/{call}"): LINK,
    ("GET", "/shared/{image_id}"): LINK,
    ("GET", "/proof/{token}"): LINK,
    ("GET", "/proof/{token}/{which}"): LINK,
    ("POST", "/proof/{token}"): LINK,
    ("GET", "/support/{token}"): LINK,
    ("GET", "/sign-in/password/{token}"): LINK,
    ("POST", "/sign-in/password/{token}"): LINK,
    # Signed links to pictures stand in pages: they need both, the signature and somebody signed in.
    ("GET", "/media/{key:path}"): SIGNED_IN,
    ("GET", "/pictures/{image_id}/full"): SIGNED_IN,
    ("GET", "/scaled/{width}/{recipe}/{digest}.webp"): SIGNED_IN,
    ("GET", "/"): SIGNED_IN,
    ("POST", "/sign-out"): SIGNED_IN,
    ("GET", "/notices"): SIGNED_IN,
    ("GET", "/account"): SIGNED_IN,  # one's own, whoever one is
    ("POST", "/account/password"): SIGNED_IN,
    ("POST", "/account/sessions"): SIGNED_IN,
    ("POST", "/account/notices"): SIGNED_IN,
    ("POST", "/account/second-factor"): SIGNED_IN,
    ("POST", "/account/tokens"): SIGNED_IN,
    ("GET", "/people"): ADMINISTER,
    ("POST", "/people"): ADMINISTER,
    ("GET", "/people/{user_id}"): ADMINISTER,
    ("POST", "/people/{user_id}"): ADMINISTER,
    ("GET", "/tokens"): ADMINISTER,
    ("POST", "/tokens"): ADMINISTER,
    ("GET", "/audit"): AUDIT,
    ("GET", "/audit/state"): AUDIT,
    ("GET", "/audit/entries.csv"): AUDIT,
    ("GET", "/api/live"): SIGNED_IN,
    ("GET", "/api/live/changes"): SIGNED_IN,
    ("GET", "/review/queue"): REVIEW,
    ("GET", "/review/card"): REVIEW,
    ("GET", "/review/eyes"): REVIEW,
    ("POST", "/review/decide"): DECIDE,
    ("POST", "/review/undo"): DECIDE,
    ("GET", "/prefect"): SPEND,  # whoever is in Prefect can start runs
    ("GET", "/fragments/characters"): READ,
    ("GET", "/fragments/today"): READ,
    ("GET", "/fragments/batches"): READ,
    ("GET", "/fragments/health"): READ,
    ("GET", "/fragments/reports"): READ,
    ("GET", "/reports/period.html"): READ,
    ("GET", "/fragments/news"): READ,
    ("POST", "/notices/dismiss"): CHANGE,
    ("GET", "/fragments/notices"): READ,
    ("POST", "/notices/ways"): CHANGE,
    ("GET", "/fragments/batches/new"): SPEND,
    ("POST", "/batches/new"): SPEND,
    ("GET", "/fragments/batches/{batch_id}/after"): READ,
    ("POST", "/batches/{batch_id}/after"): CHANGE,
    ("GET", "/batches/{batch_id}/report.html"): READ,
    ("GET", "/fragments/batches/schedules"): READ,
    ("POST", "/batches/schedules"): SPEND,
    ("POST", "/api/batches/{batch_id}"): SPEND,  # a budget and going on are among the actions
    ("POST", "/api/views"): CHANGE,
    ("POST", "/api/views/forget"): CHANGE,
    ("POST", "/api/characters/bulk/plan"): READ,
    ("POST", "/api/characters/bulk"): SPEND,  # drawing is among the actions
    ("GET", "/character/{character_id}/profile"): READ,
    ("POST", "/character/{character_id}/profile"): CHANGE,
    ("GET", "/character/{character_id}/details"): READ,
    ("POST", "/character/{character_id}/details"): CHANGE,
    ("GET", "/character/{character_id}/customer"): READ,
    ("POST", "/character/{character_id}/customer"): CHANGE,
    ("GET", "/character/{character_id}/support"): READ,
    ("POST", "/character/{character_id}/support"): CHANGE,  # lets somebody else see it
    ("GET", "/character/{character_id}/consent"): READ,
    ("POST", "/character/{character_id}/consent"): CHANGE,
    ("POST", "/character/{character_id}/erase"): ERASE,  # whom others have made: an administrator
    ("GET", "/character/{character_id}/access.zip"): CHANGE,
    ("GET", "/erasures/{erasure_id}/certificate.{form}"): READ,
    ("GET", "/fragments/privacy"): READ,
    ("POST", "/privacy/texts"): ADMINISTER,
    ("GET", "/downloads/picture/{image_id}"): READ,
    ("GET", "/downloads/character/{character_id}/lineage.json"): READ,
    ("GET", "/downloads/character/{character_id}/sheet.{form}"): READ,
    ("GET", "/downloads/character/{character_id}/pictures.zip"): READ,
    ("POST", "/downloads/selection.{form}"): READ,
    ("POST", "/downloads/links/{image_id}"): CHANGE,  # lets somebody else see it
    ("POST", "/api/uploads"): SPEND,
    ("PUT", "/api/uploads/{key:path}"): SPEND,
    ("POST", "/api/intake/check"): SPEND,
    ("POST", "/api/intake/estimate"): SPEND,
    ("POST", "/api/intake/start"): SPEND,
    ("POST", "/api/intake/again"): SPEND,
    ("GET", "/api/intake/runs"): READ,
    ("GET", "/api/intake/run"): READ,
}

# What our pages need of Gradio. Everything else of it is closed to everybody: files, uploads, calls by name.
# Its events are allowed one by one, when they run: EVENTS.
GRADIO_ROUTES: Mapping[tuple[str, str], Permission] = {
    ("GET", "/studio/assets/{path:path}"): OPEN,
    ("GET", "/studio/static/{path:path}"): OPEN,
    ("GET", "/studio/theme.css"): OPEN,
    ("GET", "/studio/favicon.ico"): OPEN,
    ("GET", "/studio/manifest.json"): OPEN,
    ("GET", "/studio/robots.txt"): OPEN,
    ("GET", "/studio"): SIGNED_IN,  # redirects
    ("GET", "/studio/"): READ,
    ("GET", "/studio/today"): READ,
    ("GET", "/studio/review"): REVIEW,
    ("GET", "/studio/new"): SPEND,
    ("GET", "/studio/character"): READ,
    ("GET", "/studio/costs"): READ,
    ("GET", "/studio/batches"): READ,
    ("GET", "/studio/health"): READ,
    ("GET", "/studio/help"): SIGNED_IN,
    ("GET", "/studio/privacy"): READ,
    ("GET", "/studio/config"): READ,
    ("GET", "/studio/gradio_api/info"): SIGNED_IN,
    ("GET", "/studio/gradio_api/app_id"): SIGNED_IN,
    ("GET", "/studio/gradio_api/startup-events"): SIGNED_IN,
    ("GET", "/studio/gradio_api/queue/data"): SIGNED_IN,
    ("POST", "/studio/gradio_api/queue/join"): SIGNED_IN,
    ("POST", "/studio/gradio_api/cancel"): SIGNED_IN,
    ("POST", "/studio/gradio_api/reset"): SIGNED_IN,
}

# Every event of a Gradio page: module of `ui.pages`, and the handler's name.
EVENTS: Mapping[str, Permission] = {
    "costs.open_page": READ,
    "costs.choose_state": READ,
    "costs.turn_page": READ,
    "costs.add_up": READ,
    "costs.look_for_evidence": SPEND,
    "costs.settle": SPEND,
    "detail.open_page": READ,
    "detail.show_picture": READ,
    "detail.show_again": READ,
    "detail.tick": READ,
    "detail.look_again": READ,
    # Decisions too, but answered with the whole page, prompts and costs: reviewers have their own page.
    "detail.make_favourite": CHANGE,
    "detail.undo_favourite": CHANGE,
    "detail.approve_picture": CHANGE,
    "detail.cancel_run": CHANGE,
    "detail.draw_corrected": SPEND,
    "detail.draw_style": SPEND,
    "detail.try_again": SPEND,
}


def allows(role: Role | None, needed: Permission) -> bool:
    """Whether somebody with this role may do what needs this; without one only what anybody may."""
    return needed in (OPEN, LINK) or (role is not None and needed in ROLES[role])


def home_of(role: Role | None) -> str:
    """The page that somebody with this role begins at."""
    return f"{MOUNT}/today" if allows(role, READ) else f"{MOUNT}/review"


def of_event(key: str) -> Permission:
    """What an event needs; CLOSED for one that nobody has declared."""
    return EVENTS.get(key, CLOSED)


def of_request(method: str, path: str) -> Permission | None:
    """What a request needs; None where no route is declared for this path and method."""
    method = "GET" if method == "HEAD" else method
    for declared, pattern, needed in _patterns():
        if declared == method and pattern.match(path):
            return needed
    return None


@lru_cache
def _patterns() -> list[tuple[str, Pattern[str], Permission]]:
    """The plainest paths first, as no pattern may stand before what it contains."""
    known = sorted({**ROUTES, **GRADIO_ROUTES}.items(), key=lambda each: _vagueness(each[0][1]))
    return [(method, compile_path(path)[0], needed) for (method, path), needed in known]


def _vagueness(path: str) -> tuple[int, int, int]:
    return path.count(":path}"), path.count("{"), -len(path)
