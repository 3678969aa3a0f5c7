"""`/people` and `/tokens`: who may sign in and as what, and every program's token; for administrators.

Plain forms that need no script. That another site can't send them is the guard's doing, as at `/account`.
"""

from collections.abc import Callable, Mapping
from http import HTTPStatus

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from db.engine import Record
from db.errors import UserFacingError
from db.models import Role
from tasks.accounts import people, tokens
from tasks.accounts.overview import people_shown, person_shown
from tasks.accounts.password_links import make_password_link, reset_password
from tasks.accounts.person import STUDIO
from tasks.accounts.second_factor import remove_factor_of
from tasks.errors import UsageError
from tasks.oidc.accounts import unlink
from ui.acting import acting_id
from ui.addresses import at
from ui.i18n import N_, _
from ui.routes.problem import problem
from ui.routes.sign_in import form_fields
from ui.views.account import Said
from ui.views.people import NewPasswordLink, Typed, people_html, person_html, tokens_html

PEOPLE, TOKENS = "/people", "/tokens"
Fields = Mapping[str, str]
# What is said after a form, by the word that stands in the address then; "" leads back to all people.
DONE: Mapping[str, str] = {
    "role": N_("The role is changed. They sign in again."),
    "disable": N_("They are signed out everywhere and can't sign in any more."),
    "enable": N_("They may sign in again."),
    "factor": N_("The second factor is gone: the password alone lets them in."),
    "sign_out": N_("They are signed out everywhere, and their API tokens are revoked."),
    "unlink": N_("The sign-in service is forgotten, and every session has ended."),
    "token": N_("The token is good for nothing any more."),
    "remove": N_("The account is gone. What they did keeps their name."),
}
_OWN = N_("This is your own account. Change its password and second factor at “Your account”.")


def people_router(record: Record, public_origin: str) -> APIRouter:
    """`GET` and `POST` of `/people`, `/people/{user_id}` and `/tokens`."""
    routes = APIRouter()

    @routes.get(PEOPLE, include_in_schema=False)
    def everybody(done: str = "") -> Response:
        return _answered(lambda: _everybody(record, Said(_said(done))))

    @routes.post(PEOPLE, include_in_schema=False)
    async def add(request: Request) -> Response:
        fields = await form_fields(request)
        return await run_in_threadpool(_answered, lambda: _add(record, public_origin, fields))

    @routes.get(f"{PEOPLE}/{{user_id}}", include_in_schema=False)
    def one(user_id: str, done: str = "") -> Response:
        return _answered(lambda: _one(record, user_id, Said(_said(done))))

    @routes.post(f"{PEOPLE}/{{user_id}}", include_in_schema=False)
    async def change(user_id: str, request: Request) -> Response:
        fields = await form_fields(request)
        return await run_in_threadpool(_answered, lambda: _change(record, public_origin, user_id, fields))

    @routes.get(TOKENS, include_in_schema=False)
    def all_tokens(done: str = "") -> Response:
        return _answered(lambda: _told(tokens_html(tokens.tokens(record), Said(_said(done)))))

    @routes.post(TOKENS, include_in_schema=False)
    async def revoke(request: Request) -> Response:
        fields = await form_fields(request)
        return await run_in_threadpool(_answered, lambda: _revoke(record, fields))

    return routes


def _add(record: Record, origin: str, fields: Fields) -> Response:
    email, name = fields.get("email", "")[:254], fields.get("name", "")[:200]
    try:
        made = people.add_person(
            record,
            email=email,
            name=name or email.partition("@")[0],
            role=_role(fields.get("role", "")),
            password=None,
            by=acting_id(),
            via=STUDIO,
        )
        link = make_password_link(record, email=made.email, by=acting_id(), via=STUDIO)
    except UsageError as error:
        said = Said(_(error.sentence), "add", wrong=True)
        typed = Typed(name, email, _role(fields.get("role", "")) or Role.OPERATOR)
        return _everybody(record, said, typed, HTTPStatus.UNPROCESSABLE_ENTITY)
    shown = NewPasswordLink(origin.rstrip("/") + at(link.path), link.until)
    return _told(person_html(person_shown(record, user_id=made.user_id), acting_id(), link=shown))


def _change(record: Record, origin: str, user_id: str, fields: Fields) -> Response:
    """Do what a form of a person's page says, looked up by the id in its address."""
    person, wish = person_shown(record, user_id=user_id).person, fields.get("do", "")
    try:
        if wish in ("link", "reset"):
            _not_own(user_id)  # a link would change the password without the old one
            make = make_password_link if wish == "link" else reset_password
            link = make(record, email=person.email, by=acting_id(), via=STUDIO)
            shown = NewPasswordLink(origin.rstrip("/") + at(link.path), link.until)
            return _told(person_html(person_shown(record, user_id=user_id), acting_id(), link=shown))
        _do(record, person.user_id, person.email, wish, fields)
    except UsageError as error:
        said = Said(_(error.sentence), wish, wrong=True)
        return _one(record, user_id, said, HTTPStatus.UNPROCESSABLE_ENTITY)
    return _onwards(PEOPLE if wish == "remove" else f"{PEOPLE}/{user_id}", wish)


def _do(record: Record, user_id: str, email: str, wish: str, fields: Fields) -> None:
    by = acting_id()
    match wish:
        case "role":
            role = _role(fields.get("role", ""))
            if role is None:
                raise UsageError("Choose a role.", code="usage")
            _not_own(user_id)
            people.change_role(record, email=email, role=role, by=by, via=STUDIO)
        case "disable":
            _not_own(user_id)
            people.disable(record, email=email, by=by, via=STUDIO)
        case "enable":
            people.enable(record, email=email, by=by, via=STUDIO)
        case "factor":
            _not_own(user_id)
            remove_factor_of(record, email=email, by=by, via=STUDIO)
        case "sign_out":
            people.end_sessions(record, email=email, by=by, via=STUDIO)
        case "unlink":
            unlink(record, email=email, by=by, via=STUDIO)
        case "remove":
            _not_own(user_id)
            people.remove_person(record, email=email, by=by, via=STUDIO)
        case _:
            raise UsageError("This form asks for nothing. Load the page again.", code="usage")


def _revoke(record: Record, fields: Fields) -> Response:
    known = {each.token_id for each in tokens.tokens(record)}
    token_id = fields.get("token", "")
    if token_id in known:
        tokens.revoke_token(record, beginning=token_id, by=acting_id(), via=STUDIO)
        return _onwards(TOKENS, "token")
    said = Said(_("There is no such token, or not any more. Load the page again."), "token", wrong=True)
    return _told(tokens_html(tokens.tokens(record), said), HTTPStatus.UNPROCESSABLE_ENTITY)


def _not_own(user_id: str) -> None:
    """Nobody takes from themselves here what only another could give back."""
    if user_id == acting_id():
        raise UsageError(_OWN, code="own_account")


def _role(said: str) -> Role | None:
    return Role(said) if said in set(Role) else None


def _said(done: str) -> str:
    return _(DONE[done]) if done in DONE else ""


def _everybody(
    record: Record, said: Said, typed: Typed | None = None, status: int = HTTPStatus.OK
) -> Response:
    return _told(people_html(people_shown(record), acting_id(), said, typed), status)


def _one(record: Record, user_id: str, said: Said, status: int = HTTPStatus.OK) -> Response:
    return _told(person_html(person_shown(record, user_id=user_id), acting_id(), said), status)


def _onwards(path: str, done: str) -> Response:
    where = f"{path}?done={done}#said"
    return RedirectResponse(where, status_code=HTTPStatus.SEE_OTHER, headers={"Cache-Control": "no-store"})


def _told(html: str, status: int = HTTPStatus.OK) -> Response:
    return HTMLResponse(html, status_code=status, headers={"Cache-Control": "no-store"})


def _answered(make: Callable[[], Response]) -> Response:
    try:
        return make()
    except people.UnknownPerson as error:
        return problem(HTTPStatus.NOT_FOUND, error.code, N_("There is nobody with this account any more."))
    except UserFacingError as error:
        return problem(HTTPStatus.CONFLICT, error.code, error.sentence)
