"""`/sign-in/password/{token}`: somebody who was given a link sets their password, by a plain form."""

from http import HTTPStatus

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from db.engine import Record
from tasks.accounts.password_links import PATH, NoPasswordLink, owner_of, set_password
from tasks.errors import UsageError
from ui.i18n import N_, _
from ui.routes.proof import neighbourhood
from ui.routes.sign_in import NOT_SECURE, form_fields, may_send_passwords, sign_in_page
from ui.routes.upload_quota import UploadQuota
from ui.views.sign_in import PasswordPage, SignInPage, password_html

DIFFERENT = N_("These were two different passwords. Nothing was changed.")
SET = N_("The password is set. Sign in with it now.")
_TOO_OFTEN = N_("This was asked for very often just now. Wait a few minutes, then open the link again.")
_HEADERS = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
MOST_STRANGERS = 30  # tries with no good link, of one network in ten minutes


def password_link_router(record: Record) -> APIRouter:
    """`GET` (the form) and `POST /sign-in/password/{token}`."""
    routes = APIRouter()
    strangers = UploadQuota(uploads=MOST_STRANGERS, megabytes=1)

    def answered(request: Request, token: str, fields: dict[str, str] | None) -> Response:
        if not may_send_passwords(request):
            return _page(PasswordPage(token, problem=_(NOT_SECURE), closed=True), HTTPStatus.FORBIDDEN)
        try:
            return _answer(record, token, fields)
        except NoPasswordLink as error:
            wait = strangers.take(neighbourhood(request), 0)
            if not wait:
                return _page(PasswordPage(token, problem=_(error.sentence), closed=True), 404)
            answer = _page(PasswordPage(token, problem=_(_TOO_OFTEN), closed=True), 429)
            answer.headers["Retry-After"] = str(max(1, round(wait)))
            return answer

    @routes.get(f"{PATH}{{token}}", include_in_schema=False)
    def form(request: Request, token: str) -> Response:
        return answered(request, token, None)

    @routes.post(f"{PATH}{{token}}", include_in_schema=False)
    async def entered(request: Request, token: str) -> Response:
        fields = await form_fields(request)
        return await run_in_threadpool(answered, request, token, fields)

    return routes


def _answer(record: Record, token: str, fields: dict[str, str] | None) -> Response:
    """The form, or what came of it. NoPasswordLink."""
    page = PasswordPage(token, email=owner_of(record, token))
    if fields is None:
        return _page(page)
    new = fields.get("new", "")
    if new != fields.get("again", ""):
        return _page(page.with_problem(_(DIFFERENT)), HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        email = set_password(record, token=token, password=new)
    except NoPasswordLink:
        raise
    except UsageError as error:
        return _page(page.with_problem(_(error.sentence)), HTTPStatus.UNPROCESSABLE_ENTITY)
    return sign_in_page(SignInPage(email=email, done=_(SET)))


def _page(page: PasswordPage, status: int = HTTPStatus.OK) -> Response:
    return HTMLResponse(password_html(page), status_code=status, headers=_HEADERS)
