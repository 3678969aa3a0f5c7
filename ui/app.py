"""The studio as one ASGI application: guard, routes, and Gradio mounted at /studio."""

import asyncio
import os
import shutil
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Mount
from starlette.types import ASGIApp

from tasks.oidc.provider import set_provider
from tasks.providers import registry
from tasks.providers.store.disk import DiskStore
from tasks.storage.binding import require_bound
from tasks.storage.verified_bytes import verified_bytes
from ui.access import AccessMiddleware
from ui.addresses import PathPrefixMiddleware, at
from ui.authentication import Authenticator, is_reachable_from_elsewhere
from ui.change_feed import record_feed
from ui.error_pages import ErrorPages
from ui.event_sessions import EventSessions
from ui.eye_places import EyePlaces
from ui.hosts import HostMiddleware
from ui.i18n import ByLanguage, LanguageMiddleware, languages, speaking, text_direction
from ui.json_bodies import JsonBodies
from ui.page_shell import PageShell
from ui.proxies import ForwardedMiddleware, networks
from ui.routes import characters, health, scaled, shell
from ui.routes.account import account_router
from ui.routes.audit import audit_router
from ui.routes.batches import batches_router
from ui.routes.bulk import bulk_router
from ui.routes.correction import correction_router
from ui.routes.customer import customer_router
from ui.routes.downloads import downloads_router
from ui.routes.hooks import hooks_router, webhook_receivers
from ui.routes.intake import intake_router
from ui.routes.live import live_router
from ui.routes.media import media_router
from ui.routes.notices import notices_router
from ui.routes.oidc import oidc_router
from ui.routes.overview import overview_router
from ui.routes.password_link import password_link_router
from ui.routes.people import people_router
from ui.routes.privacy import privacy_router
from ui.routes.proof import proof_router
from ui.routes.reports import reports_router
from ui.routes.review import review_router
from ui.routes.sign_in import sign_in_router
from ui.routes.support import support_router
from ui.routes.uploads import uploads_router
from ui.security import MOUNT, SecurityMiddleware, SecurityPolicy, allowed_hosts
from ui.services import StudioServices
from ui.settings import StudioSettings


def create_app(settings: StudioSettings, services: StudioServices) -> FastAPI:
    """The whole studio for these services. Importing this module does nothing; calling it mounts Gradio."""
    _configure_gradio(services.home / "studio-scratch")
    # A redirect to the same path with a slash would name the whole address, and not the one behind a prefix.
    authenticator = authenticator_of(settings, services)
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    app.include_router(shell.router(services))
    app.include_router(sign_in_router(authenticator))
    app.include_router(oidc_router(authenticator, set_provider(), services.public_origin))
    app.include_router(password_link_router(services.record))
    app.include_router(account_router(services.record))
    app.include_router(people_router(services.record, services.public_origin))
    app.include_router(audit_router(services.record))
    app.include_router(health.router(services))
    app.include_router(characters.router(services))
    app.include_router(batches_router(services))
    app.include_router(bulk_router(services))
    app.include_router(scaled.router(services))
    app.include_router(correction_router(services))
    app.state.live = record_feed(services.record)
    app.state.eyes = EyePlaces(services.runtime)
    app.include_router(review_router(services, app.state.eyes))
    app.include_router(live_router(app.state.live))
    app.include_router(uploads_router(services.store, may_write=lambda: require_bound(services.runtime)))
    app.include_router(overview_router(services))
    app.include_router(notices_router(services))
    app.include_router(reports_router(services))
    app.include_router(downloads_router(services))
    app.include_router(intake_router(services))
    app.include_router(customer_router(services))
    app.include_router(privacy_router(services))
    app.include_router(proof_router(services))
    app.include_router(support_router(services))
    app.include_router(hooks_router(services.runtime, webhook_receivers(registry.setup())))
    if isinstance(services.store, DiskStore):
        app.include_router(media_router(services.store, verified=partial(verified_bytes, services.runtime)))
    _run_in_event_loop(lambda: _mount_gradio(app, services))
    policy = SecurityPolicy(services.public_origin, storage_origins=_storage_origins(services))
    # Added last is outermost: the guard's headers are on every answer, refusals included.
    # A CORS middleware on this app makes Gradio's own, which reflects any origin, stand down.
    app.add_middleware(EventSessions)
    app.add_middleware(JsonBodies)
    app.add_middleware(AccessMiddleware, authenticator=authenticator)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=[services.public_origin],
        allow_credentials=True,
        allow_methods=["GET", "POST", "PUT"],
        allow_headers=["content-type"],
    )
    app.add_middleware(HostMiddleware, allowed=allowed_hosts(services.public_origin, [settings.host]))
    app.add_middleware(ErrorPages)
    app.add_middleware(LanguageMiddleware, preset=settings.language)
    app.add_middleware(SecurityMiddleware, policy=policy)
    app.add_middleware(PathPrefixMiddleware, prefix=at(""))
    app.add_middleware(ForwardedMiddleware, trusted=networks(settings.trusted_proxies))
    return app


def authenticator_of(settings: StudioSettings, services: StudioServices) -> Authenticator:
    """Who finds out who sends a request to a studio that is set up like this."""
    elsewhere = is_reachable_from_elsewhere(settings.host, services.public_origin, settings.trusted_proxies)
    return Authenticator(services.record, must_sign_in=elsewhere)


def _configure_gradio(scratch: Path) -> None:
    """Set Gradio's environment before it is imported: no telemetry, no hub, no history.

    Its folder for temporary files is private and emptied now; no photo enters it.
    """
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True, mode=0o700)
    os.environ.update(
        # After every event Gradio sums up all past ones with pandas, for a monitoring page that is closed.
        GRADIO_ANALYTICS_CACHE_FREQUENCY=str(10**12),
        GRADIO_ANALYTICS_ENABLED="False",
        GRADIO_RUN_HISTORY="False",
        GRADIO_SSR_MODE="False",
        GRADIO_TEMP_DIR=str(scratch),
        HF_HUB_DISABLE_TELEMETRY="1",
        HF_HUB_OFFLINE="1",
    )
    for name in ("GRADIO_SHARE", "GRADIO_ALLOWED_PATHS", "GRADIO_VIBE_MODE", "GRADIO_ROOT_PATH"):
        os.environ.pop(name, None)


def _run_in_event_loop(make: Callable[[], None]) -> None:
    """Gradio makes its locks while it is built; without a running loop it leaves a new, open one for each."""

    async def inside() -> None:
        make()

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        asyncio.run(inside())
    else:
        make()


def _mount_gradio(app: FastAPI, services: StudioServices) -> None:
    # Imported here, after its environment is set.
    import gradio  # noqa: PLC0415

    from ui.studio import build_studio  # noqa: PLC0415
    from ui.theme import studio_theme  # noqa: PLC0415
    from ui.views.page import head_html, sheets_html  # noqa: PLC0415

    for language in languages():
        with speaking(language), warnings.catch_warnings():
            # It says that server-side rendering is off, which is what we ask for.
            warnings.filterwarnings("ignore", "SSR mode is not supported", UserWarning)
            gradio.mount_gradio_app(
                app,
                build_studio(services),
                path=MOUNT,
                theme=studio_theme(),
                footer_links=[],
                run_history=False,
                allowed_paths=[],
                blocked_paths=[str(services.home)],
                max_file_size="1kb",  # nothing is uploaded to Gradio: photos go to the store's signed URL
                show_error=False,
                ssr_mode=False,
                pwa=False,
                mcp_server=False,
                enable_monitoring=False,
                app_kwargs={"openapi_url": None, "docs_url": None, "redoc_url": None},
            )
    # Gradio lays out a page once, for everyone: there is one set of pages for each language, at one address.
    mounts = [route for route in app.router.routes if isinstance(route, Mount) and route.path == MOUNT]
    pages: dict[str, ASGIApp] = {}
    for language, mount in zip(languages(), mounts, strict=True):
        with speaking(language):
            pages[language] = PageShell(
                mount.app, language, text_direction(language), head_html(), sheets_html()
            )
    app.router.routes[:] = [route for route in app.router.routes if route not in mounts]
    app.mount(MOUNT, ByLanguage(pages))


def _storage_origins(services: StudioServices) -> tuple[str, ...]:
    """Where the store's signed links lead when that is not the studio itself: a bucket's origin."""
    link = urlsplit(services.links.original("photos/probe.jpg"))
    return (f"{link.scheme}://{link.netloc}",) if link.netloc else ()
