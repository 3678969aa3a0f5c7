"""Addresses that are none, as a person and as a program are told."""

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from ui.error_pages import ErrorPages
from ui.i18n import LanguageMiddleware
from ui.security import SecurityMiddleware, SecurityPolicy

PERSON = {"accept": "text/html,*/*;q=0.8"}


async def _broken(_request: Request) -> Response:
    return PlainTextResponse("Internal Server Error", status_code=500)


async def _raises(_request: Request) -> Response:
    raise RuntimeError("nobody caught this")


async def _fine(_request: Request) -> Response:
    return JSONResponse({"fine": True})


ROUTES = [
    Route("/broken", _broken),
    Route("/fine", _fine),
    Route("/raises", _raises, methods=["GET", "POST"]),
]
# As ui.app builds it: Starlette's own middleware for errors stands outside of these.
CLIENT = TestClient(
    Starlette(
        routes=ROUTES,
        middleware=[
            Middleware(SecurityMiddleware, policy=SecurityPolicy("http://testserver")),
            Middleware(LanguageMiddleware),
            Middleware(ErrorPages),
        ],
    ),
    raise_server_exceptions=False,
)


def test_a_person_gets_a_page_in_our_look() -> None:
    answer = CLIENT.get("/nowhere", headers=PERSON)
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")
    assert "There is no such page" in answer.text
    assert "tokens.css" in answer.text and "All characters" in answer.text
    assert int(answer.headers["content-length"]) == len(answer.content)


def test_a_broken_page_says_that_nothing_is_lost() -> None:
    answer = CLIENT.get("/broken", headers=PERSON)
    assert answer.status_code == 500
    assert "Nothing is lost" in answer.text and "Internal Server Error" not in answer.text


def test_it_speaks_the_persons_language() -> None:
    assert '<html lang="de"' in CLIENT.get("/nowhere", headers={**PERSON, "accept-language": "de"}).text


def test_programs_pictures_and_what_is_fine_are_left_alone() -> None:
    assert CLIENT.get("/nowhere").text == "Not Found"
    assert CLIENT.get("/nowhere", headers={**PERSON, "sec-fetch-dest": "image"}).text == "Not Found"
    assert CLIENT.get("/fine", headers=PERSON).json() == {"fine": True}


def test_what_nobody_caught_is_a_page_for_people_and_a_sentence_for_scripts(
    caplog: pytest.LogCaptureFixture,
) -> None:
    page = CLIENT.get("/raises", headers={**PERSON, "accept-language": "de"})
    assert page.status_code == 500 and '<html lang="de"' in page.text
    told = CLIENT.post("/raises")
    assert (told.status_code, told.json()["code"]) == (500, "internal")
    assert "its log has the reason" in told.json()["sentence"]
    assert "a request failed" in caplog.text and "nobody caught this" not in caplog.text
    for answer in (page, told):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "default-src 'self'" in answer.headers["content-security-policy"]
