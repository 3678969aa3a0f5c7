"""`/sign-in/oidc`: to the OpenID provider that is set, and back from it."""

from http import HTTPStatus

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from db.errors import UserFacingError
from tasks.accounts.limits import TooManyTries
from tasks.accounts.sign_in import CodeNeeded
from tasks.oidc.provider import OidcProvider
from tasks.oidc.sign_in import LIFE, begin, finish
from ui.addresses import at
from ui.authentication import Authenticator, is_secure
from ui.permissions import home_of
from ui.routes.problem import problem
from ui.routes.sign_in import (
    DEVICE_COOKIE,
    NO_ACCOUNTS,
    NOT_SECURE,
    browser_of,
    local_address,
    may_send_passwords,
    onwards,
    set_session,
    sign_in_page,
)
from ui.views.sign_in import SignInPage

BEGIN = "/sign-in/oidc"
BACK = "/sign-in/oidc/back"
_MOVED = "here"  # in the address: sent to the public one already
_LONGEST = 2_000  # characters of one part of the answer


def oidc_router(authenticator: Authenticator, provider: OidcProvider | None, public_origin: str) -> APIRouter:
    """`GET /sign-in/oidc` and `/sign-in/oidc/back`; 404 where no provider is set."""
    routes, record = APIRouter(), authenticator.record
    public = public_origin.rstrip("/") + at("")

    @routes.get(BEGIN, include_in_schema=False)
    def there(request: Request, next: str = "") -> Response:
        """Off to the provider; the answer comes to the public address, so it has to be begun there."""
        if provider is None:
            return _not_here()
        wanted = local_address(next)
        if _MOVED not in request.query_params and not _is_at(request, public_origin):
            moved = request.url.include_query_params(**{_MOVED: "1"}).query
            return onwards(f"{public}{BEGIN}?{moved}")
        page = SignInPage(next=wanted)
        if not may_send_passwords(request):
            return sign_in_page(page.with_problem(NOT_SECURE), HTTPStatus.FORBIDDEN)
        if not authenticator.has_accounts():
            return sign_in_page(page.with_problem(NO_ACCOUNTS))
        device = request.cookies.get(DEVICE_COOKIE, "")[:64]
        try:
            begun = begin(provider, record, redirect_uri=f"{public}{BACK}", wanted=wanted, device=device)
        except UserFacingError as error:
            return sign_in_page(page.with_problem(error.sentence), HTTPStatus.SERVICE_UNAVAILABLE)
        answer = onwards(begun.address)
        answer.set_cookie(
            _cookie(request),
            begun.sealed,
            max_age=int(LIFE.total_seconds()),
            path="/" if is_secure(request) else BEGIN,
            secure=is_secure(request),
            httponly=True,
            samesite="lax",  # the answer comes from another site, as a page that is opened
        )
        return answer

    @routes.get(BACK, include_in_schema=False)
    async def back(request: Request) -> Response:
        if provider is None:
            return _not_here()
        answer = await run_in_threadpool(_back, authenticator, provider, f"{public}{BACK}", request)
        path = "/" if is_secure(request) else BEGIN
        answer.delete_cookie(_cookie(request), path=path, secure=is_secure(request), httponly=True)
        answer.headers["Referrer-Policy"] = "no-referrer"  # the code stands in this address
        return answer

    return routes


def _back(
    authenticator: Authenticator, provider: OidcProvider, redirect_uri: str, request: Request
) -> Response:
    said = {name: value[:_LONGEST] for name, value in request.query_params.items()}
    sealed = request.cookies.get(_cookie(request), "")
    try:
        came = finish(
            provider,
            authenticator.record,
            sealed=sealed,
            said=said,
            redirect_uri=redirect_uri,
            browser=browser_of(request),
        )
    except TooManyTries as error:
        answer = sign_in_page(SignInPage(problem=error.sentence), HTTPStatus.TOO_MANY_REQUESTS)
        answer.headers["Retry-After"] = str(max(1, round(error.retry_after)))
        return answer
    except UserFacingError as error:
        return sign_in_page(SignInPage(problem=error.sentence), HTTPStatus.UNAUTHORIZED)
    wanted = local_address(came.wanted)
    if isinstance(came.entered, CodeNeeded):
        return sign_in_page(SignInPage(next=wanted, step=came.entered.step))
    answer = onwards(wanted or home_of(came.entered.person.role))
    set_session(answer, request, came.entered)
    return answer


def _cookie(request: Request) -> str:
    """Over https no other host, and no page over http, can set it."""
    return "__Host-storykin_oidc" if is_secure(request) else "storykin_oidc"


def _is_at(request: Request, public_origin: str) -> bool:
    return f"{request.url.scheme}://{request.url.netloc}" == public_origin.rstrip("/")


def _not_here() -> Response:
    return problem(404, "not_here", "There is nothing at this address.")
