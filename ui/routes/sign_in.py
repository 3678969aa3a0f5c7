"""Signing in and out: a plain form, which needs no script.

That another site can't send it is the guard's doing: `ui.security` takes no POST from another origin.
"""

from dataclasses import replace
from http import HTTPStatus
from urllib.parse import parse_qs, quote, urlsplit

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from db.errors import UserFacingError
from flows.request_body import BodyTooLong, read_body
from tasks.accounts.limits import DEVICE_LIFE, TooManyTries
from tasks.accounts.sign_in import (
    Browser,
    CodeNeeded,
    SignedIn,
    StepIsOver,
    sign_in,
    sign_in_with_code,
    sign_out,
)
from tasks.settings import provider_settings
from ui.access import SIGN_IN
from ui.acting import acting_person
from ui.authentication import Authenticator, cookie_name, is_secure
from ui.hosts import host_name, is_loopback
from ui.i18n import N_, _
from ui.permissions import home_of
from ui.views.sign_in import SignInPage, sign_in_html

LONGEST_FORM = 8 * 1024  # bytes
DEVICE_COOKIE = "storykin_browser"
NOT_SECURE = N_(
    "This connection is not encrypted, so no password may be sent by it. Open the studio by https, or on the "
    "machine that it runs on."
)
NO_ACCOUNTS = N_("Nobody has an account yet. Run “storykin user add” on the machine that the studio runs on.")
# As `tasks.accounts` says them: here they are marked for the catalogues.
SAID = (
    N_("This e-mail address and password don't belong together. Check both and try again."),
    N_("Those were too many tries. Wait a quarter of an hour, then try again."),
    N_("This took too long, or the password was changed. Sign in again."),
    N_(
        "This code is not the one of now, or was used before. Wait for the next one; if none works, see "
        "whether the clocks of your phone and of the studio are right."
    ),
)
_FRESH = {"Cache-Control": "no-store"}


def sign_in_router(authenticator: Authenticator) -> APIRouter:
    """`GET` and `POST /sign-in`, `POST /sign-out`."""
    routes = APIRouter()

    @routes.get(SIGN_IN, include_in_schema=False)
    def form(request: Request, next: str = "") -> Response:
        """The page; whoever is signed in already goes on to where they wanted."""
        person = authenticator.authenticate(request)
        if person is not None:
            return onwards(local_address(next) or home_of(person.role))
        problem = "" if may_send_passwords(request) else NOT_SECURE
        if not authenticator.has_accounts():
            problem = NO_ACCOUNTS
        return sign_in_page(SignInPage(next=local_address(next), problem=problem))

    @routes.post(SIGN_IN, include_in_schema=False)
    async def enter(request: Request) -> Response:
        fields = await form_fields(request)
        return await run_in_threadpool(_enter, authenticator, request, fields)

    @routes.post("/sign-out", include_in_schema=False)
    def leave(request: Request) -> Response:
        sign_out(authenticator.record, acting_person())
        answer = onwards(SIGN_IN)
        # Pictures that the browser keeps, and drafts with names: the next person at it is somebody else. The
        # header counts for the whole origin: where others share it, door.js clears what is ours alone.
        shared = provider_settings().path_prefix
        answer.headers["Clear-Site-Data"] = '"cache"' if shared else '"cache", "storage"'
        answer.delete_cookie(cookie_name(request), path="/", secure=is_secure(request), httponly=True)
        return answer

    return routes


def local_address(wanted: str) -> str:
    """`wanted` where it is a page of this studio's own, else "": nobody is sent elsewhere from here."""
    try:
        parts = urlsplit(wanted)
    except ValueError:
        return ""
    plain = wanted.startswith("/") and not wanted.startswith("//") and wanted.isprintable()
    own = plain and "\\" not in wanted and not parts.scheme and not parts.netloc
    return quote(wanted, safe="/?&=%~:@!$'()*+,;-._") if own and not parts.path.startswith(SIGN_IN) else ""


def may_send_passwords(request: Request) -> bool:
    """Whether what a browser sends us is read by nobody on the way: https, or within one machine."""
    return is_secure(request) or is_loopback(host_name(request.url.netloc))


def browser_of(request: Request) -> Browser:
    """What asks to be signed in."""
    return Browser(
        address=request.client.host if request.client else "",
        agent=request.headers.get("user-agent", ""),
        device=request.cookies.get(DEVICE_COOKIE, "")[:64],
        session=request.cookies.get(cookie_name(request), "")[:64],
    )


def _enter(authenticator: Authenticator, request: Request, fields: dict[str, str]) -> Response:
    wanted, email = local_address(fields.get("next", "")), fields.get("email", "")[:254]
    page = SignInPage(next=wanted, email=email)
    if not may_send_passwords(request):
        return sign_in_page(page.with_problem(NOT_SECURE), HTTPStatus.FORBIDDEN)
    browser = browser_of(request)
    try:
        if step := fields.get("step", "")[:64]:
            page = replace(page, step=step)
            code = fields.get("code", "")[:40]
            entered: SignedIn | CodeNeeded = sign_in_with_code(
                authenticator.record, step=step, code=code, browser=browser
            )
        else:
            password = fields.get("password", "")
            entered = sign_in(authenticator.record, email=email, password=password, browser=browser)
    except TooManyTries as error:
        answer = sign_in_page(page.with_problem(error.sentence), HTTPStatus.TOO_MANY_REQUESTS)
        answer.headers["Retry-After"] = str(max(1, round(error.retry_after)))
        return answer
    except StepIsOver as error:
        return sign_in_page(replace(page, step="").with_problem(error.sentence), HTTPStatus.UNAUTHORIZED)
    except UserFacingError as error:
        return sign_in_page(page.with_problem(error.sentence), HTTPStatus.UNAUTHORIZED)
    if isinstance(entered, CodeNeeded):
        return sign_in_page(replace(page, step=entered.step))
    answer = onwards(wanted or home_of(entered.person.role))
    set_session(answer, request, entered)
    return answer


def set_session(answer: Response, request: Request, signed_in: SignedIn) -> None:
    """Give the browser what it has to keep. The session's cookie ends with the browser, at the latest when
    the record ends the session.
    """
    secure = is_secure(request)
    answer.set_cookie(
        cookie_name(request), signed_in.token, path="/", secure=secure, httponly=True, samesite="lax"
    )
    answer.set_cookie(
        DEVICE_COOKIE,
        signed_in.device,
        max_age=int(DEVICE_LIFE.total_seconds()),
        path=SIGN_IN,
        secure=secure,
        httponly=True,
        samesite="strict",
    )


def onwards(path: str) -> Response:
    """Go on to a page, by an address that asks for nothing again."""
    return RedirectResponse(path, status_code=HTTPStatus.SEE_OTHER, headers=_FRESH)


def sign_in_page(page: SignInPage, status: int = HTTPStatus.OK) -> Response:
    """The page, its problem in the reader's language."""
    told = page.with_problem(_(page.problem)) if page.problem else page
    return HTMLResponse(sign_in_html(told), status_code=status, headers=_FRESH)


async def form_fields(request: Request) -> dict[str, str]:
    """What a form says, the first of each name; nothing of one that is too long."""
    try:
        body = await read_body(request, LONGEST_FORM)
    except (BodyTooLong, ClientDisconnect):
        return {}
    found = parse_qs(body.decode(errors="replace"), keep_blank_values=True)
    return {name: values[0] for name, values in found.items()}
