"""Addresses that are none, as a person and as a program are told."""

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route, Router
from starlette.testclient import TestClient

from ui.error_pages import ErrorPages
from ui.i18n import LanguageMiddleware

PERSON = {"accept": "text/html,*/*;q=0.8"}


async def _broken(_request: Request) -> Response:
    return PlainTextResponse("Internal Server Error", status_code=500)


async def _fine(_request: Request) -> Response:
    return JSONResponse({"fine": True})


CLIENT = TestClient(
    LanguageMiddleware(ErrorPages(Router([Route("/broken", _broken), Route("/fine", _fine)]))),
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
