"""A plain FastAPI application over the studio's own handlers and templates, beside the studio in one process:
what its shell costs is the difference. It also does and tells what a bench needs.
"""

import gc
import resource
import time
from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from db.event_kinds import EventKind
from db.repositories import events
from tasks.accounts.person import LOCAL
from tests.support.studio import StandInStudio, photo_bytes
from ui.acting import acting
from ui.handlers.characters import filter_of_address, list_characters
from ui.views.characters import listing_html


def beside(studio_app: ASGIApp, studio: StandInStudio) -> ASGIApp:
    """`studio_app`, and a plain one under /plain."""
    plain = _plain(studio)

    async def either(scope: Scope, receive: Receive, send: Send) -> None:
        here = scope["type"] == "http" and scope["path"].startswith("/plain/")
        await (plain if here else studio_app)(scope, receive, send)

    return either


def _plain(studio: StandInStudio) -> FastAPI:
    app = FastAPI()
    shades = iter(range(10**6))

    @app.get("/plain/list")
    def page(p: int = 1) -> HTMLResponse:
        with acting(LOCAL):
            shown = list_characters(studio.services, filter_of_address({"p": str(p)}))
            return HTMLResponse(listing_html(shown))

    @app.post("/plain/made")
    def made(many: int = 1) -> list[str]:
        found = []
        for _ in range(many):
            color = f"#{0x202020 + next(shades) * 7:06x}"
            with acting(LOCAL):
                found.append(studio.character(photo_key=studio.upload(photo_bytes(color))))
        return found

    @app.post("/plain/happen")
    def happen(character: str) -> None:
        with studio.services.record.writing() as session:
            kind = EventKind.CHARACTER_NOTES
            events.add(session, kind=kind, actor="bench", message=kind.sentence, character_id=character)

    @app.get("/plain/cpu")
    def cpu() -> float:
        return time.process_time()

    @app.get("/plain/memory")
    def memory() -> dict[str, float]:
        before = _megabytes()
        gc.collect()
        return {"before": before, "after": _megabytes(), "objects": len(gc.get_objects())}

    return app


def _megabytes() -> float:
    """What the process holds in memory now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1024**2
