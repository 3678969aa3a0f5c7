"""An answer that says what went wrong: a code for the script, a sentence for the person."""

from starlette.responses import JSONResponse

from tasks.errors import StoreError
from ui.i18n import N_, _

UNEXPECTED = N_("Something went wrong inside Storykin. Nothing is lost; its log has the reason. Try again.")

_STATUS = {
    "link_invalid": 403,
    "link_expired": 403,
    "bad_key": 404,
    "object_missing": 404,
    "store_conflict": 409,
    "store_not_ours": 409,
    "link_used": 409,
    "store_full": 507,
    "store_damaged": 500,
}


def problem(status: int, code: str, sentence: str, *, retry_after: float | None = None) -> JSONResponse:
    """`{code, sentence}` as application/problem+json, never cached; `retry_after` in seconds.

    The sentence is said in the language of the request, where its catalogue has it.
    """
    headers = {"Cache-Control": "no-store"}
    if retry_after is not None:
        headers["Retry-After"] = str(max(1, round(retry_after)))
    content = {"code": code, "sentence": _(sentence)}
    return JSONResponse(content, status, headers=headers, media_type="application/problem+json")


def store_problem(error: StoreError) -> JSONResponse:
    """The answer for a StoreError: the caller's fault (4xx) or ours (5xx)."""
    return problem(_STATUS.get(error.code, 503), error.code, error.sentence)
