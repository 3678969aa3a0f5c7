"""`/account`: one's own password, second factor, sessions, tokens and notices, as plain forms without script.

That another site can't send them is the guard's doing, as at the sign-in page.
"""

from collections.abc import Callable, Mapping
from http import HTTPStatus

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from db.engine import Record
from db.errors import UserFacingError
from db.models import NoticeAnswer, Role
from tasks.accounts.codes import WrongCode
from tasks.accounts.limits import TooManyTries
from tasks.accounts.own import (
    NoOwnAccount,
    answer_notice,
    change_own_password,
    end_own_sessions,
    own_account,
)
from tasks.accounts.own_tokens import make_own_token, own_tokens, revoke_own_token
from tasks.accounts.second_factor import (
    begin_factor,
    confirm_factor,
    factor_of,
    remove_factor,
    renew_recovery_codes,
)
from tasks.errors import UsageError
from ui.acting import acting_person
from ui.i18n import N_, _
from ui.routes.problem import problem
from ui.routes.sign_in import form_fields
from ui.routes.whole_number import whole_number
from ui.views.account import (
    NewToken,
    Said,
    account_html,
    new_factor_html,
    new_token_html,
    recovery_codes_html,
)

ACCOUNT = "/account"
Fields = Mapping[str, str]
Do = Callable[[Record, Fields], str | Response]  # what was done, a word of DONE; or the page that tells it
# What is said after a form, by the word that stands in the address then.
DONE: Mapping[str, tuple[str, str]] = {
    "password": ("password", N_("The password is changed, and every other session has ended.")),
    "factor_off": ("factor", N_("The second factor is gone: your password alone lets you in.")),
    "revoked": ("tokens", N_("The token is good for nothing any more.")),
    "sessions": ("sessions", N_("Signed out there.")),
    "mine": ("notices", N_("Thank you. Nothing was changed.")),
    "not_mine": (
        "notices",
        N_(
            "That session has ended, and the API tokens that were made since it began are revoked. Whoever "
            "it was knows your password: change it now, below."
        ),
    ),
}
# As `tasks.accounts` says them: here they are marked for the catalogues.
SAID = (
    N_("This is not the password that you have now. Nothing was changed."),
    N_("Only somebody who is signed in with a browser has an account of their own here."),
)


def account_router(record: Record) -> APIRouter:
    """`GET /account`, and `POST /account/…`: `password`, `sessions`, `notices`, `tokens`, `second-factor`."""
    routes = APIRouter()

    @routes.get(ACCOUNT, include_in_schema=False)
    def page(done: str = "") -> Response:
        form, sentence = DONE.get(done, ("", ""))
        return _answered(lambda: _page(record, Said(_(sentence), form)))

    @routes.post(f"{ACCOUNT}/password", include_in_schema=False)
    async def password(request: Request) -> Response:
        return await _sent(request, record, "password", _change_password)

    @routes.post(f"{ACCOUNT}/sessions", include_in_schema=False)
    async def sessions(request: Request) -> Response:
        return await _sent(request, record, "sessions", _end_sessions)

    @routes.post(f"{ACCOUNT}/notices", include_in_schema=False)
    async def notices(request: Request) -> Response:
        return await _sent(request, record, "notices", _answer)

    @routes.post(f"{ACCOUNT}/second-factor", include_in_schema=False)
    async def second_factor(request: Request) -> Response:
        return await _sent(request, record, "factor", _second_factor)

    @routes.post(f"{ACCOUNT}/tokens", include_in_schema=False)
    async def tokens(request: Request) -> Response:
        return await _sent(request, record, "tokens", _tokens)

    return routes


def _tokens(record: Record, fields: Fields) -> str | Response:
    """A token made, which the answer itself tells; or revoked."""
    person, wish = acting_person(), fields.get("do", "")
    if wish == "revoke":
        revoke_own_token(record, person, token_id=fields.get("token", ""))
        return "revoked"
    if wish != "make":
        raise UsageError("This form asks for nothing. Load the page again.", code="usage")
    role, days = fields.get("role", ""), whole_number(fields.get("days", "").strip())
    if role not in set(Role) or days is None:
        raise UsageError("Choose a role, and for how many days the token is good.", code="usage")
    token, made = make_own_token(
        record,
        person,
        name=fields.get("name", "")[:80],
        role=Role(role),
        days=days,
        password=fields.get("password", ""),
        code=fields.get("code", "")[:40],
    )
    return _told(new_token_html(token, made))


def _second_factor(record: Record, fields: Fields) -> str | Response:
    """What its form asks; what is told this once is the answer itself, at no address of its own."""
    person, code, wish = acting_person(), fields.get("code", "")[:40], fields.get("do", "")
    if wish == "begin":
        return _told(new_factor_html(begin_factor(record, person, password=fields.get("password", ""))))
    if wish == "confirm":
        try:
            return _told(recovery_codes_html(confirm_factor(record, person, code=code)))
        except WrongCode as error:
            return _told(new_factor_html(None, _(error.sentence)), HTTPStatus.UNPROCESSABLE_ENTITY)
    if wish == "codes":
        return _told(recovery_codes_html(renew_recovery_codes(record, person, code=code)))
    if wish != "off":
        raise UsageError("This form asks for nothing. Load the page again.", code="usage")
    remove_factor(record, person, code=code)
    return "factor_off"


def _change_password(record: Record, fields: Fields) -> str:
    new = fields.get("new", "")
    if new != fields.get("again", ""):
        raise UsageError("These were two different passwords. Nothing was changed.", code="passwords_differ")
    change_own_password(record, acting_person(), old=fields.get("old", ""), new=new)
    return "password"


def _end_sessions(record: Record, fields: Fields) -> str:
    one = None if fields.get("others") else fields.get("session", "")
    end_own_sessions(record, acting_person(), session_id=one)
    return "sessions"


def _answer(record: Record, fields: Fields) -> str:
    said = NoticeAnswer.MINE if fields.get("answer") == "mine" else NoticeAnswer.NOT_MINE
    answer_notice(record, acting_person(), notice_id=fields.get("notice", ""), answer=said)
    return said.value


async def _sent(request: Request, record: Record, form: str, do: Do) -> Response:
    """Do what a form asks, then show the page by an address that asks for nothing again."""
    fields = await form_fields(request)
    return await run_in_threadpool(lambda: _answered(lambda: _done(record, form, do, fields)))


def _done(record: Record, form: str, do: Do, fields: Fields) -> Response:
    try:
        done = do(record, fields)
    except TooManyTries as error:
        said = Said(_(error.sentence), form, wrong=True)
        answer = _page(record, said, HTTPStatus.TOO_MANY_REQUESTS, fields)
        answer.headers["Retry-After"] = str(max(1, round(error.retry_after)))
        return answer
    except UsageError as error:
        said = Said(_(error.sentence), form, wrong=True)
        return _page(record, said, HTTPStatus.UNPROCESSABLE_ENTITY, fields)
    if isinstance(done, Response):
        return done
    where = f"{ACCOUNT}?done={done}#{DONE[done][0]}"
    return RedirectResponse(where, status_code=HTTPStatus.SEE_OTHER, headers={"Cache-Control": "no-store"})


def _page(record: Record, said: Said, status: int = HTTPStatus.OK, fields: Fields | None = None) -> Response:
    """The page; `fields`: the form that was refused, which comes back as it was sent."""
    account = own_account(record, acting_person())
    factor = factor_of(record, email=account.email)
    tokens = own_tokens(record, acting_person())
    token = NewToken.of(fields, account.role) if fields and said.form == "tokens" else None
    return _told(account_html(account, factor, tokens, said, token), status)


def _told(html: str, status: int = HTTPStatus.OK) -> Response:
    return HTMLResponse(html, status_code=status, headers={"Cache-Control": "no-store"})


def _answered(make: Callable[[], Response]) -> Response:
    try:
        return make()
    except NoOwnAccount as error:
        return problem(HTTPStatus.FORBIDDEN, error.code, error.sentence)
    except UserFacingError as error:
        return problem(HTTPStatus.CONFLICT, error.code, error.sentence)
