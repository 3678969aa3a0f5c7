"""`GET /scaled/{width}/{recipe}/{digest}.webp`: a picture scaled down, for whom its address was made."""

from functools import lru_cache
from pathlib import Path

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from db.errors import NotFound, UserFacingError
from db.log import Log
from tasks.errors import CallFailed, DecoderBusy, StoreError
from tasks.giving.kept_scaled import ScaledPictures
from tasks.storage.verified_bytes import digest_of_bytes
from ui.handlers.shown_for_review import check_bytes_shown
from ui.links import WIDTHS
from ui.routes.problem import problem, store_problem
from ui.services import StudioServices

log = Log("scaled")

# The address names the bytes. After an hour a browser asks whether the picture is still there, and may still
# be seen: what has been erased shall not stay in it.
CACHED = "private, max-age=3600"
_STAND_IN = Path(__file__).resolve().parent.parent / "static" / "portrait.svg"


def router(services: StudioServices) -> APIRouter:
    """The route."""
    routes = APIRouter()
    pictures = ScaledPictures(services.runtime)

    @routes.get("/scaled/{width}/{recipe}/{digest}.webp")
    def scaled(width: int, recipe: int, digest: str, request: Request, s: str = "") -> Response:
        try:
            if width not in WIDTHS:
                raise StoreError("There is no picture of this size.", code="bad_key")
            services.links.check_scaled(digest, width, s)
        except StoreError as error:
            return store_problem(error)
        try:
            check_bytes_shown(services.runtime, digest)
            data = pictures.get(digest, width)
        except UserFacingError as error:
            return _instead(request, _told(error))
        headers = {"Cache-Control": CACHED, "ETag": f'"{digest_of_bytes(data)}"'}
        if request.headers.get("if-none-match") == headers["ETag"]:
            return Response(status_code=304, headers=headers)
        return Response(data, media_type="image/webp", headers=headers)

    return routes


def _told(error: UserFacingError) -> Response:
    if isinstance(error, StoreError):
        return store_problem(error)
    if isinstance(error, NotFound):
        return problem(404, error.code, error.sentence)
    if isinstance(error, DecoderBusy):
        return problem(503, error.code, error.sentence, retry_after=error.retry_after)
    return problem(422 if isinstance(error, CallFailed) else 503, error.code, error.sentence)


def _instead(request: Request, answer: Response) -> Response:
    """The same answer; where a page asks for an image, drawn: browsers show it in the picture's place."""
    log.warning("a scaled picture can't be shown", status=answer.status_code)
    if not request.headers.get("accept", "").startswith("image/"):
        return answer
    headers = {
        name: value for name in ("Cache-Control", "Retry-After") if (value := answer.headers.get(name))
    }
    return Response(_stand_in(), answer.status_code, headers=headers, media_type="image/svg+xml")


@lru_cache(maxsize=1)
def _stand_in() -> bytes:
    return _STAND_IN.read_bytes()
