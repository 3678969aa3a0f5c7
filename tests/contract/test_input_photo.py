"""Handing a photo over: as a link into a bucket that names the call, or by value."""

import httpx
import pytest

from tasks.providers.replicate.input_photo import called_for, publish_input, unpublish_inputs
from tasks.providers.store.r2 import R2Store
from tests.contract.replicate_answers import CALL_ID, photo
from tests.support.certificates import Certificate


def test_a_link_into_the_bucket_names_the_call_and_gives_the_photo(
    r2: R2Store, certificate: Certificate
) -> None:
    url = publish_input(r2, photo(), CALL_ID)
    assert called_for({"prompt": "p", "image_input": [url]}) == CALL_ID
    with httpx.Client(verify=certificate.client_context(), trust_env=False) as provider:
        assert provider.get(url).content == photo().data


def test_handing_over_twice_is_harmless_and_taking_back_removes_it(r2: R2Store) -> None:
    publish_input(r2, photo(), CALL_ID)
    publish_input(r2, photo(), CALL_ID)
    unpublish_inputs(r2, CALL_ID)
    unpublish_inputs(r2, CALL_ID)
    assert list(r2.iterate("inputs/")) == []


def test_what_goes_along_has_a_link_of_its_own_and_is_taken_back_with_the_photo(r2: R2Store) -> None:
    links = [publish_input(r2, photo(), CALL_ID, number) for number in (1, 2)]
    assert len(set(links)) == 2
    assert called_for({"image_input": links[1:]}) == CALL_ID
    unpublish_inputs(r2, CALL_ID, 2)
    assert list(r2.iterate("inputs/")) == []


@pytest.mark.parametrize(
    "sent",
    [
        {"prompt": f"inputs/{CALL_ID}.jpg"},  # words of a prompt are not an address
        {"image_input": ["data:image/jpeg;base64,%%%"]},
        {"image_input": ["data:image/jpeg;base64,"]},
        {"image_input": []},
        {},
        None,
    ],
    ids=str,
)
def test_an_input_that_does_not_tell_is_nobodys(sent: object) -> None:
    assert called_for(sent) is None
