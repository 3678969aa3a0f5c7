"""The token that a program shows with its request."""

from starlette.datastructures import Headers

from ui.security import MOUNT


def bearer_of(path: str, headers: Headers) -> str:
    """The token; "" for none, and for Gradio's pages, which are for browsers alone."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    is_page = path == MOUNT or path.startswith(f"{MOUNT}/")
    return token.strip() if scheme.lower() == "bearer" and not is_page else ""
