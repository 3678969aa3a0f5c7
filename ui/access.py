"""Every request is allowed here or refused: by who sends it and what its route needs (`ui.permissions`)."""

from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from db.errors import UserFacingError
from tasks.accounts import sessions, tokens
from tasks.accounts.person import NOBODY, Person
from tasks.errors import StorykinError
from ui.acting import acting, note_person
from ui.authentication import Authenticator, is_of_this_machine
from ui.error_pages import wants_page
from ui.i18n import N_
from ui.open_streams import STREAMS, OpenStreams
from ui.permissions import Permission, allows, of_request
from ui.routes.problem import problem
from ui.security import MOUNT

ACCESS = "storykin.access"  # in the scope: what an event asks again when it runs
SIGN_IN = "/sign-in"
NOT_ALLOWED = N_("Your account may not do this. Ask an administrator of this studio.")
SIGN_IN_FIRST = N_("You are signed out. Load the page again to sign in.")
_ANYBODY = frozenset({Permission.OPEN, Permission.LINK})


class NotAllowed(StorykinError):
    """The person's role does not allow this."""

    code = "not_allowed"

    def __init__(self, sentence: str = NOT_ALLOWED) -> None:
        super().__init__(sentence)


class SignedOut(StorykinError):
    """Nobody is signed in, or not any more."""

    code = "signed_out"

    def __init__(self, sentence: str = SIGN_IN_FIRST) -> None:
        super().__init__(sentence)


@dataclass(frozen=True)
class Access:
    """Who may do what, asked again at a later moment of the same request."""

    authenticator: Authenticator
    request: HTTPConnection

    def person(self, needed: Permission, *, by_hand: bool | None = None) -> Person:
        """Who sends the request, now; SignedOut or NotAllowed where they may not do what is `needed`.

        `by_hand`: somebody clicked, so that their session is not idle; by itself it goes by the address.
        """
        by_hand = is_by_hand(self.request) if by_hand is None else by_hand
        person = self.authenticator.authenticate(self.request, by_hand=by_hand)
        if person is None:
            raise SignedOut
        note_person(self.request.scope, person)
        if not allows(person.role, needed):
            raise NotAllowed
        return person


class AccessMiddleware:
    """ASGI middleware: 401 or the sign-in page for strangers, 403 for the wrong role, 404 for what is not
    declared.
    """

    def __init__(self, app: ASGIApp, authenticator: Authenticator) -> None:
        self.app = app
        self._authenticator = authenticator
        self._streams = OpenStreams(self._standing)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on in its sender's name, or refuse it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        needed = of_request(scope["method"], scope["path"])
        access = Access(self._authenticator, HTTPConnection(scope))
        if needed in _ANYBODY:
            with acting(NOBODY):  # the route itself asks for what it needs
                await self.app({**scope, ACCESS: access}, receive, send)
            return
        if needed is None or needed is Permission.CLOSED:
            answer: Response = problem(404, "not_here", N_("There is nothing at this address."))
            await answer(scope, receive, send)
            return
        if needed is Permission.MACHINE and is_of_this_machine(access.request):
            with acting(NOBODY):
                await self.app(scope, receive, send)
            return
        try:
            person = await run_in_threadpool(access.person, needed)
        except SignedOut as error:
            await _ask_to_sign_in(scope, error)(scope, receive, send)
        except NotAllowed as error:
            await problem(403, error.code, error.sentence)(scope, receive, send)
        except UserFacingError as error:
            await problem(503, error.code, error.sentence, retry_after=2)(scope, receive, send)
        else:
            inner = {**scope, ACCESS: access}
            with acting(person):
                given_to = person.session_id or person.token_id
                if given_to is not None and scope["path"] in STREAMS:
                    await self._streams.serve(self.app, inner, receive, send, given_to)
                else:
                    await self.app(inner, receive, send)

    def _standing(self, ids: Collection[str]) -> set[str]:
        record = self._authenticator.record
        return sessions.standing(record, ids) | tokens.standing(record, ids)


def is_by_hand(request: HTTPConnection) -> bool:
    """Whether a person asks, and not an open page by itself: notices, news and pictures come for as long as
    it is open. A page that is opened is asked for, and whatever is sent; Gradio's events say so themselves.
    """
    path = request.scope["path"]
    if path.startswith(f"{MOUNT}/gradio_api/"):
        return False
    return request.scope["method"] != "GET" or path in ("/", MOUNT) or path.startswith(f"{MOUNT}/")


def _ask_to_sign_in(scope: Scope, error: SignedOut) -> Response:
    if scope["method"] != "GET" or not wants_page(Headers(scope=scope)):
        return problem(401, error.code, error.sentence)
    query = scope.get("query_string", b"").decode("latin-1")
    wanted = scope["path"] + (f"?{query}" if query else "")
    where = f"{SIGN_IN}?next={quote(wanted, safe='')}"
    return RedirectResponse(where, status_code=303, headers={"Cache-Control": "no-store"})
