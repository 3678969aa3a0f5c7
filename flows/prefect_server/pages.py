"""The few pages of the gate's own, and what is added to Prefect's."""

from html import escape
from pathlib import Path
from string import Template
from urllib.parse import urlencode

from starlette.responses import FileResponse, HTMLResponse, Response

SCRIPT_PATH = "/storykin/dashboard.js"
SESSION_PATH = "/storykin/session"
_HERE = Path(__file__).parent
_PAGE = Template((_HERE / "sign_in.html").read_text(encoding="utf-8"))
_POLICY = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'unsafe-inline'; base-uri 'none'; "
    "frame-ancestors 'none'"
)


def sign_in_page(studio_url: str, following: str) -> Response:
    """What a browser sees that has not signed in: the way in leads through the studio."""
    link = ""
    if studio_url:
        address = f"{studio_url}/prefect?{urlencode({'next': following})}"
        link = f'<a href="{escape(address)}">Open it through the studio.</a>'
    headers = {"Content-Security-Policy": _POLICY, "Cache-Control": "no-store"}
    return HTMLResponse(_PAGE.substitute(way=link), headers=headers)


def script() -> Response:
    """What signs a browser in, and sends who has not signed in to the page above."""
    return FileResponse(_HERE / "dashboard.js", headers={"Cache-Control": "no-cache"})


def with_script(page: bytes) -> bytes:
    """A page of Prefect's dashboard with that script in it."""
    return page.replace(b"<head>", f'<head><script src="{SCRIPT_PATH}"></script>'.encode(), 1)
