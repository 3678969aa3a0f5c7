"""`GET /scaled/{width}/{key}`: a photo or picture scaled down, for whoever holds a signed link."""

from fastapi import APIRouter
from starlette.responses import Response

from tasks.errors import CallFailed, DecoderBusy, StoreError
from tasks.storage.verified_bytes import DAMAGED, verified_bytes
from ui.links import WIDTHS
from ui.routes.problem import problem, store_problem
from ui.services import StudioServices
from ui.thumbnails import ThumbnailCache, scaled_webp


def router(services: StudioServices) -> APIRouter:
    """The route, with a shelf of its own."""
    routes = APIRouter()
    cache = ThumbnailCache()

    @routes.get("/scaled/{width}/{key:path}")
    def scaled(width: int, key: str, e: int, s: str) -> Response:
        try:
            if width not in WIDTHS:
                raise StoreError("There is no picture of this size.", code="bad_key")
            services.links.check_scaled(key, width, e, s)
            data = _picture(services, cache, key, width)
        except StoreError as error:
            return store_problem(error)
        except DecoderBusy as error:
            return problem(503, error.code, error.sentence, retry_after=error.retry_after)
        except CallFailed as error:
            return problem(422, error.code, error.sentence)
        return Response(
            data, media_type="image/webp", headers={"Cache-Control": "private, max-age=3600, immutable"}
        )

    return routes


def _is_there(services: StudioServices, key: str) -> bool:
    try:
        return services.store.head(key) is not None
    except StoreError as error:
        if error.code != DAMAGED:
            raise
        return True  # only its note can't be read: its bytes are verified anyway


def _picture(services: StudioServices, cache: ThumbnailCache, key: str, width: int) -> bytes:
    # Asked every time: what has been erased from the store must not live on in memory.
    if not _is_there(services, key):
        cache.forget(key)
        raise StoreError("This picture is no longer kept.", code="object_missing")
    held = cache.find(key, width)
    if held is None:
        held = scaled_webp(verified_bytes(services.runtime, key), width)
        cache.keep(key, width, held)
    return held
