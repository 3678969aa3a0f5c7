"""What a browser fetches around the pages: our style sheet, script, fonts, icon and manifest."""

from urllib.parse import urlsplit

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.staticfiles import StaticFiles

from db.ids import utc_now
from flows.submit import DASHBOARD
from tasks.accounts.own import open_notices
from tasks.errors import StorykinError
from tasks.styles.packs import style_packs
from ui.access import SIGN_IN
from ui.acting import acting_person
from ui.addresses import at
from ui.handlers.notices import restart_notice
from ui.handlers.store_notices import cached_for_a_minute, store_notices
from ui.i18n import COOKIE, languages
from ui.peer_account import is_owner
from ui.permissions import home_of
from ui.security import MOUNT
from ui.services import StudioServices
from ui.views.dashboard import dashboard_closed_html
from ui.views.notices import new_browser_html, notices_html, store_notices_html
from ui.views.page import STATIC, script_words_js
from ui.views.styles import written_css

A_YEAR = 366 * 24 * 3600  # seconds


def router(services: StudioServices) -> APIRouter:
    """`/`, `/prefect`, `/static/…`, `/manifest.json`, `/favicon.ico`, `/notices`, `/robots.txt`."""
    routes = APIRouter()
    current_store_notices = cached_for_a_minute(lambda: store_notices(services.runtime))

    @routes.get("/static/styles.css", include_in_schema=False)
    def written() -> Response:
        return Response(written_css(), media_type="text/css")

    @routes.get("/static/styles/{name}.webp", include_in_schema=False)
    def style_sample(name: str) -> Response:
        pack = style_packs().get(name)
        return Response(pack.sample, media_type="image/webp") if pack else Response(status_code=404)

    @routes.get("/static/words/{language}.js", include_in_schema=False)
    def words(language: str) -> Response:
        if language not in languages():
            return Response(status_code=404)
        return Response(script_words_js(language), media_type="text/javascript")

    @routes.get("/language", include_in_schema=False)
    def language(request: Request, to: str = "") -> Response:
        """The person chose a language: remembered for a year, and back to where they were."""
        answer = RedirectResponse(_way_back(request), status_code=303, headers={"Cache-Control": "no-store"})
        if to in languages():
            answer.set_cookie(COOKIE, to, max_age=A_YEAR, httponly=True, samesite="lax")
        return answer

    routes.mount("/static", StaticFiles(directory=STATIC), name="static")

    @routes.get("/", include_in_schema=False)
    def home() -> Response:
        return RedirectResponse(home_of(acting_person().role))

    @routes.get("/prefect", include_in_schema=False)
    def dashboard(request: Request, next: str = DASHBOARD) -> Response:
        """Where Prefect's dashboard is can change between two runs of the studio; this link does not.

        It signs in the browser of the account that the studio runs as, and nobody else's.
        """
        page = next if next.startswith("/") and not next.startswith(("//", "/\\")) else DASHBOARD
        try:
            place = services.dashboard_url(page, is_owner(request))
        except StorykinError as error:
            return HTMLResponse(dashboard_closed_html(error.sentence), status_code=403)
        return RedirectResponse(place, status_code=307, headers={"Cache-Control": "no-store"})

    @routes.get("/favicon.ico", include_in_schema=False)
    def icon() -> Response:
        return FileResponse(STATIC / "book.svg", media_type="image/svg+xml")

    @routes.get("/manifest.json", include_in_schema=False)
    def manifest() -> Response:
        icons = [{"src": at("/static/book.svg"), "type": "image/svg+xml", "sizes": "any"}]
        scope = at(f"{MOUNT}/")
        return JSONResponse(
            {
                "name": "Storykin",
                "short_name": "Storykin",
                "start_url": f"{scope}today",
                "scope": scope,
                "icons": icons,
            }
        )

    @routes.get("/notices", include_in_schema=False)
    def notices() -> Response:
        """What every page shows above itself; pages ask for it again and again while they are open."""
        html = store_notices_html(current_store_notices()) + notices_html(
            restart_notice(services.home, utc_now())
        )
        html += new_browser_html(open_notices(services.record, acting_person()))
        return HTMLResponse(html, headers={"Cache-Control": "no-store"})

    @routes.get("/robots.txt", include_in_schema=False)
    def robots() -> Response:
        return Response("User-agent: *\nDisallow: /\n", media_type="text/plain")

    return routes


def _way_back(request: Request) -> str:
    """The page of ours that the person comes from, or the first one."""
    try:
        there = urlsplit(request.headers.get("referer", ""))
    except ValueError:  # `http://[`
        return f"{MOUNT}/"
    path = there.path.removeprefix(at(""))
    ours = path.startswith(f"{MOUNT}/") or path in (SIGN_IN, "/account")
    own = there.netloc == request.headers.get("host") and ours
    return f"{path}?{there.query}".rstrip("?") if own else f"{MOUNT}/"
