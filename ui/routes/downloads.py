"""Files to download: pictures, archives, contact sheets, lineage; links that others may use for an hour."""

from collections.abc import Callable
from urllib.parse import parse_qs, quote

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse

from db.errors import NotFound, UserFacingError
from tasks.errors import StoreError
from tasks.giving.archive import Archive, Selection
from ui.error_pages import wants_page
from ui.handlers.characters import found_at
from ui.handlers.downloads import (
    MOST_SELECTED,
    Download,
    check_archive,
    full_view,
    lineage_download,
    picture_download,
    selected_archive,
    selection_of,
    shared_download,
    shared_link,
    sheet_download,
)
from ui.routes.problem import problem, store_problem
from ui.routes.whole_number import whole_number
from ui.services import StudioServices
from ui.views.error_page import no_picture_html

KEPT_SECONDS = 600  # by the browser that was shown it: marking it once more takes a while
LONGEST_FORM = 512 * 1024  # bytes
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
}


def downloads_router(services: StudioServices) -> APIRouter:
    """Everything below `/downloads/`, and `/shared/{picture}` for whoever holds a signed link.

    `names=no` leaves the characters' names out, of file names and of what the files say.
    """
    routes = APIRouter()

    @routes.get("/downloads/picture/{image_id}", include_in_schema=False)
    def picture(image_id: str, form: str = "original", names: str = "") -> Response:
        return _answer(lambda: picture_download(services, image_id, form, with_names=names != "no"))

    @routes.get("/downloads/character/{character_id}/lineage.json", include_in_schema=False)
    def lineage(character_id: str, names: str = "") -> Response:
        return _answer(lambda: lineage_download(services, character_id, with_names=names != "no"))

    @routes.get("/downloads/character/{character_id}/sheet.{form}", include_in_schema=False)
    def sheet(character_id: str, form: str, names: str = "", only: str = "") -> Response:
        fields = {"names": names, "only": only}
        return _answer(lambda: sheet_download(services, selection_of(fields, [character_id]), form))

    @routes.get("/downloads/character/{character_id}/pictures.zip", include_in_schema=False)
    def archive(character_id: str, names: str = "", only: str = "") -> Response:
        fields = {"names": names, "only": only}
        return _streamed(lambda: selected_archive(services, selection_of(fields, [character_id])))

    @routes.post("/downloads/selection.{form}", include_in_schema=False)
    async def selection(form: str, request: Request) -> Response:
        """A form with `ids` (several, or one with spaces), `only` and `names`: more than an address holds.

        `address` in place of `ids`: all that the list at that address finds. With `ask=yes` a ZIP is not
        made: 204 says that it can be, so that a browser saves it from a plain form as it comes.
        """
        body = await _read(request)
        if body is None:
            return problem(413, "too_many_chosen", "These are too many characters at once.")
        fields = parse_qs(body.decode(errors="replace"), keep_blank_values=True)
        first = {name: values[0] for name, values in fields.items()}

        def meant() -> Selection:
            address = first.get("address")
            if address is None:
                return selection_of(first, " ".join(fields.get("ids", [])).split())
            return selection_of(first, found_at(services, address, most=MOST_SELECTED))

        if form == "zip" and first.get("ask") == "yes":
            return await run_in_threadpool(_asked, lambda: check_archive(services, meant()))
        if form == "zip":
            return await run_in_threadpool(_streamed, lambda: selected_archive(services, meant()))
        return await run_in_threadpool(_answer, lambda: sheet_download(services, meant(), form))

    @routes.post("/downloads/links/{image_id}", include_in_schema=False)
    def link(image_id: str) -> Response:
        """`{"url", "minutes"}`: the picture for whoever has the address, until it expires."""
        try:
            url = shared_link(services, image_id)
        except UserFacingError as error:
            return _problem(error)
        minutes = services.links.SHARED_MINUTES
        return JSONResponse({"url": url, "minutes": minutes}, headers={"Cache-Control": "no-store"})

    @routes.get("/pictures/{image_id}/full", include_in_schema=False)
    def full(image_id: str, e: str = "", s: str = "") -> Response:
        """The picture in full size, as a page shows it, by a link of that page."""
        try:
            services.links.check_full(image_id, whole_number(e) or 0, s)
            file = full_view(services, image_id)
        except UserFacingError as error:
            return _problem(error)
        keep = {"Cache-Control": f"private, max-age={KEPT_SECONDS}", "Content-Disposition": "inline"}
        return Response(file.data, media_type=file.content_type, headers=_HEADERS | keep)

    @routes.get("/shared/{image_id}", include_in_schema=False)
    def shared(request: Request, image_id: str, e: str = "", s: str = "") -> Response:
        """The picture, without a name; the refusals are those of any download, and that no consent stands.

        Whoever opens the link in a browser is refused in a page.
        """

        def checked() -> Download:
            services.links.check_shared(image_id, whole_number(e) or 0, s)
            return shared_download(services, image_id)

        return _answer(checked, inline=True, to_person=wants_page(request.headers))

    return routes


async def _read(request: Request) -> bytes | None:
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > LONGEST_FORM:
            return None
    return bytes(body)


def _answer(make: Callable[[], Download], *, inline: bool = False, to_person: bool = False) -> Response:
    try:
        made = make()
    except UserFacingError as error:
        refusal = _problem(error)
        if not to_person:
            return refusal
        page = no_picture_html(error.sentence)
        return HTMLResponse(page, refusal.status_code, headers={"Cache-Control": "no-store"})
    headers = _HEADERS | {"Content-Disposition": _disposition(made.name, inline=inline)}
    return Response(made.file.data, media_type=made.file.content_type, headers=headers)


def _asked(check: Callable[[], None]) -> Response:
    try:
        check()
    except UserFacingError as error:
        return _problem(error)
    return Response(status_code=204, headers={"Cache-Control": "no-store"})


def _streamed(make: Callable[[], Archive]) -> Response:
    try:
        archive = make()
    except UserFacingError as error:
        return _problem(error)
    headers = _HEADERS | {"Content-Disposition": _disposition(archive.file_name, inline=False)}
    return StreamingResponse(archive.pieces, media_type="application/zip", headers=headers)


def _disposition(name: str, *, inline: bool) -> str:
    """Both ways to say a file's name (RFC 6266): one for old clients in ASCII, one in any script."""
    plain = name.encode("ascii", "replace").decode().replace("?", "_").replace('"', "_")
    kind = "inline" if inline else "attachment"
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def _problem(error: UserFacingError) -> JSONResponse:
    if isinstance(error, StoreError):
        return store_problem(error)
    return problem(404 if isinstance(error, NotFound) else 409, error.code, error.sentence)
