"""`/proof/{token}`: the page of a customer's link, its pictures, and the answer. Whoever has the link is the
customer: no account, no cookie, no id in any address but the token, which is written to no log.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from ipaddress import IPv6Address, ip_address, ip_network
from urllib.parse import parse_qs

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from db.errors import UserFacingError
from db.log import Log
from db.models import GeneratedAsset, LinkPurpose
from flows.request_body import BodyTooLong, read_body
from tasks.errors import StoreError, UsageError
from tasks.giving import outgoing
from tasks.giving.outgoing import SCREEN_WIDTH, outgoing_bytes
from tasks.giving.scaled import scaled_webp
from tasks.proof.answer import approve, ask_for_change, withdraw_by_link
from tasks.proof.errors import LinkUnknown, NotWithdrawn
from tasks.proof.look import LinkState, Proof, look, note_opened
from tasks.storage.verified_bytes import verified_bytes
from ui.access import ACCESS
from ui.handlers.consent_link import Form, consent_ask, take_consent_answer
from ui.i18n import N_, chosen_language, languages, speaking
from ui.routes.problem import UNEXPECTED
from ui.routes.upload_quota import UploadQuota
from ui.services import StudioServices
from ui.thumbnails import ThumbnailCache
from ui.views.consent_link import consent_link_html
from ui.views.proof import Said, plain_page_html, proof_page_html

LONGEST_FORM = 16 * 1024  # bytes
CONTENT_SECURITY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Cache-Control": "private, no-store",
    "Content-Security-Policy": CONTENT_SECURITY,
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
}
GONE = frozenset({LinkState.EXPIRED, LinkState.WITHDRAWN, LinkState.RENEWED, LinkState.NO_CONSENT})
SLOWER = (
    N_("One moment, please"),
    N_("This was asked for very often just now. Wait a few minutes, then open the link again."),
)
SIGNED_IN = N_(
    "This browser is signed in to the studio, and a consent is answered by whom it concerns alone. Sign out "
    "first, or open the link in a browser of your own."
)
_UNKNOWN = N_("This link leads nowhere")

log = Log("proof")


def _times(most: int, seconds: float = 600.0) -> UploadQuota:
    return UploadQuota(uploads=most, megabytes=1, window_seconds=seconds)


@dataclass
class Limits:
    """How often what may be asked for: by link where there is one, else by address, so that nobody who
    guesses keeps a customer out.
    """

    looks: UploadQuota = field(default_factory=lambda: _times(120))
    pictures: UploadQuota = field(default_factory=lambda: _times(1500))
    answers: UploadQuota = field(default_factory=lambda: _times(20))
    strangers: UploadQuota = field(default_factory=lambda: _times(30))


class TooOften(UserFacingError):
    """More than a person asks for."""

    code = "too_often"

    def __init__(self, wait_seconds: float) -> None:
        super().__init__(SLOWER[1])
        self.wait_seconds = wait_seconds


def proof_router(services: StudioServices, limits: Limits | None = None) -> APIRouter:
    """`GET /proof/{token}`, `…/photo`, `…/{number}`; `POST /proof/{token}`."""
    routes = APIRouter()
    pages = _Pages(services, limits or Limits())

    @routes.get("/proof/{token}", include_in_schema=False)
    def page(request: Request, token: str) -> Response:
        return pages.answered(request, lambda: pages.page(request, token))

    @routes.get("/proof/{token}/{which}", include_in_schema=False)
    def picture(request: Request, token: str, which: str) -> Response:
        return pages.answered(request, lambda: pages.picture(request, token, which))

    @routes.post("/proof/{token}", include_in_schema=False)
    async def answer(request: Request, token: str) -> Response:
        try:
            body = (await read_body(request, LONGEST_FORM)).decode(errors="replace")
        except (BodyTooLong, ClientDisconnect):
            body = ""
        said = parse_qs(body, keep_blank_values=True)
        language = said.get("language", [""])[-1]
        return await run_in_threadpool(
            pages.answered, request, lambda: pages.answer(request, token, said), language
        )

    return routes


class _Pages:
    def __init__(self, services: StudioServices, limits: Limits) -> None:
        self._services, self._limits = services, limits
        self._cache = ThumbnailCache()

    def answered(self, request: Request, make: Callable[[], Response], language: str = "") -> Response:
        """What `make` gives, or a kind page; in the `language` that the customer has chosen, else in that of
        the browser, not of the studio.
        """
        language = language or request.query_params.get("language", "")
        with speaking(language if language in languages() else chosen_language(request.headers)):
            try:
                return make()
            except LinkUnknown as error:
                return _plain(404, _UNKNOWN, error.sentence, "unknown")
            except NotWithdrawn as error:
                return _plain(410, N_("Your withdrawal did not arrive"), error.sentence, "not_withdrawn")
            except TooOften as error:
                wait = {"Retry-After": str(max(1, round(error.wait_seconds)))}
                return _plain(429, SLOWER[0], error.sentence, "too_often", wait)
            except UserFacingError as error:
                log.warning("a link could not be shown", code=error.code)
                return _plain(503, N_("This page can't be shown just now"), UNEXPECTED, "away")
            except Exception as error:
                log.error("a link failed", error=error)
                return _plain(500, N_("This page can't be shown just now"), UNEXPECTED, "away")

    def page(self, request: Request, token: str) -> Response:
        proof = self._look(request, token, self._limits.looks)
        status = 410 if proof.state in GONE else 200
        return HTMLResponse(self._html(request, proof, token), status, headers=HEADERS)

    def _html(self, request: Request, proof: Proof, token: str) -> str:
        if proof.purpose is LinkPurpose.PROOF:
            return proof_page_html(proof, token)
        language = request.query_params.get("language", "")
        return consent_link_html(proof, token, consent_ask(self._services, proof, {}, language=language))

    def picture(self, request: Request, token: str, which: str) -> Response:
        proof = self._look(request, token, self._limits.pictures)
        if proof.state is not LinkState.OPEN:
            return Response(status_code=410, headers=HEADERS)
        if which == "photo" and proof.photo is not None:
            data = self._kept(proof.photo, lambda asset: scaled_webp(self._verified(asset), SCREEN_WIDTH))
            if proof.purpose is LinkPurpose.CONSENT:
                self._note_opened(proof)
        elif which.isascii() and which.isdigit() and 1 <= int(which[:4]) <= len(proof.pictures):
            variant = proof.pictures[int(which[:4]) - 1]
            data = self._kept(
                variant.asset,
                lambda _asset: outgoing_bytes(self._services.runtime, variant, outgoing.Form.SCREEN).data,
            )
            self._note_opened(proof)
        else:
            return Response(status_code=404, headers=HEADERS)
        return Response(data, media_type="image/webp", headers=HEADERS)

    def answer(self, request: Request, token: str, form: Form) -> Response:
        proof = self._look(request, token, self._limits.answers)
        if proof.purpose is LinkPurpose.CONSENT:
            return self._consent_answer(request, token, proof, form)
        said = {name: values[-1] for name, values in form.items()}
        number = said.get("picture", "")
        filled = Said(
            picture=int(number) if number.isascii() and number.isdigit() and len(number) < 4 else 0,
            reason=said.get("reason", ""),
            note=said.get("note", ""),
        )
        seen = said.get("seen", "")
        runtime = self._services.runtime
        try:
            if said.get("answer") == "approve":
                approve(runtime, token=token, number=filled.picture, seen=seen)
            elif said.get("answer") == "change":
                ask_for_change(
                    runtime,
                    token=token,
                    reason=filled.reason,
                    note=filled.note,
                    number=filled.picture,
                    seen=seen,
                )
            elif said.get("answer") == "withdraw":
                withdraw_by_link(runtime, token=token)
            else:
                raise UsageError(N_("This answer did not arrive whole. Try again."), code="usage")
        except (LinkUnknown, NotWithdrawn):
            raise
        except UserFacingError as error:
            now = look(runtime, token) if proof.state is LinkState.OPEN else proof
            again = Said(error.sentence, filled.picture, filled.reason, filled.note)
            return _not_taken(now, proof_page_html(now, token, again), error)
        return RedirectResponse(f"/proof/{token}", 303, headers=HEADERS)

    def _consent_answer(self, request: Request, token: str, proof: Proof, said: Form) -> Response:
        language = said.get("language", [""])[-1]
        try:
            if _is_of_the_studio(request):
                raise UsageError(SIGNED_IN, code="signed_in_here")
            take_consent_answer(self._services, token, proof, said)
        except (LinkUnknown, NotWithdrawn):
            raise
        except UserFacingError as error:
            now = look(self._services.runtime, token)
            again = consent_ask(self._services, now, said, language=language, sentence=error.sentence)
            return _not_taken(now, consent_link_html(now, token, again), error)
        to = f"/proof/{token}" + (f"?language={language}" if language in languages() else "")
        return RedirectResponse(to, 303, headers=HEADERS)

    def _note_opened(self, proof: Proof) -> None:
        if note_opened(self._services.runtime, proof):
            log.info("a customer has opened a link", character_id=proof.character_id)

    def _look(self, request: Request, token: str, limit: UploadQuota) -> Proof:
        try:
            proof = look(self._services.runtime, token)
        except LinkUnknown:
            wait = self._limits.strangers.take(neighbourhood(request), 0)
            if wait is not None:
                raise TooOften(wait) from None
            raise
        wait = limit.take(proof.link_id, 0)
        if wait is not None:
            raise TooOften(wait)
        return proof

    def _kept(self, asset: GeneratedAsset, make: Callable[[GeneratedAsset], bytes]) -> bytes:
        """Made once, and asked of the store every time: what was erased must not live on in memory."""
        if self._services.store.head(asset.storage_key) is None:
            self._cache.forget(asset.storage_key)
            raise StoreError("This picture is no longer kept.", code="object_missing")
        held = self._cache.find(asset.storage_key, SCREEN_WIDTH)
        if held is None:
            held = make(asset)
            self._cache.keep(asset.storage_key, SCREEN_WIDTH, held)
        return held

    def _verified(self, asset: GeneratedAsset) -> bytes:
        return verified_bytes(self._services.runtime, asset.storage_key)


def _is_of_the_studio(request: Request) -> bool:
    """Whether the browser is signed in to the studio: a consent is not given by who asks for it."""
    access = request.scope.get(ACCESS)
    person = access.authenticator.authenticate(request) if access else None
    return person is not None and person.user_id is not None


def _not_taken(now: Proof, html: str, error: UserFacingError) -> Response:
    """The page once more, as it stands now, with why the answer was not taken."""
    if now.state in GONE:
        return HTMLResponse(html, 410, headers=HEADERS)
    return HTMLResponse(html, 422 if isinstance(error, UsageError) else 409, headers=HEADERS)


def neighbourhood(request: Request) -> str:
    """Whom a limit counts: an address, of IPv6 its network of 64 bits, as a digest."""
    peer = request.client.host if request.client else ""
    try:
        address = ip_address(peer)
        if isinstance(address, IPv6Address):
            peer = str(ip_network(f"{address}/64", strict=False))
    except ValueError:
        pass
    return hashlib.sha256(peer.encode()).hexdigest()


def _plain(
    status: int, title: str, sentence: str, state: str, headers: dict[str, str] | None = None
) -> Response:
    html = plain_page_html(title, sentence, state=state)
    return HTMLResponse(html, status, headers=HEADERS | (headers or {}))
