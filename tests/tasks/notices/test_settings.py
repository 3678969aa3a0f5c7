"""Where notices go: what can't be used is refused at the start, in words, and without the secret."""

import json

import pytest

from db.errors import BadSettings
from db.settings import read_settings
from tasks.notices.delivery import channels
from tasks.notices.settings import NoticeSettings
from tasks.notices.signature import new_secret

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def webhook(**other: object) -> str:
    return json.dumps([{"name": "shop", "url": "https://a.example/", "secret": SECRET, **other}])


@pytest.mark.parametrize(
    ("setting", "why"),
    [
        ("{", "no JSON"),
        ("{}", "a list"),
        ('[{"name": "a"}]', "webhook 1 must have"),
        (webhook(name="a b"), "letters and digits"),
        (webhook(url="http://shop.example/"), "https://"),
        (webhook(url="https://me:word@shop.example/"), "no user name"),
        (webhook(url="ftp://shop.example/"), "no web address"),
        (webhook(url="https://a..b/"), "no host's"),
        (webhook(url=f"https://{'a' * 64}.example/"), "no host's"),
        (webhook(secret=f"{SECRET[:-4]}!!!!"), "its secret must be whsec_"),
        (webhook(secret="whsec_c2hvcnQ="), "24 to 64 bytes"),
        (webhook(kinds=["batch.*", "character.redy"]), "no notice is of the kind 'character.redy'"),
        (json.dumps(json.loads(webhook()) * 2), "same name"),
    ],
)
def test_a_webhook_that_cannot_be_used_is_refused(
    monkeypatch: pytest.MonkeyPatch, setting: str, why: str
) -> None:
    monkeypatch.setenv("STORYKIN_NOTICE_WEBHOOKS", setting)
    with pytest.raises(BadSettings) as refused:
        read_settings(NoticeSettings)
    (problem,) = refused.value.problems
    assert why in problem and SECRET[:20] not in problem


@pytest.mark.parametrize(
    ("variables", "why"),
    [
        ({"STORYKIN_NOTICE_MAIL_TO": "ops@example.org"}, "go together"),
        ({"STORYKIN_NOTICE_MAIL_TO": "Ops <ops@example.org>", "STORYKIN_SMTP_HOST": "m"}, "alone"),
        ({"STORYKIN_NOTICE_MAIL_FROM": "a@[x"}, "alone"),
        ({"STORYKIN_NOTICE_MAIL_KINDS": "nothing"}, "no notice is of the kind"),
        (
            {
                "STORYKIN_NOTICE_MAIL_TO": "ops@example.org",
                "STORYKIN_SMTP_HOST": "mail.example.org",
                "STORYKIN_SMTP_TLS": "none",
            },
            "on this machine alone",
        ),
    ],
)
def test_mail_that_cannot_be_sent_is_refused(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], why: str
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(BadSettings) as refused:
        read_settings(NoticeSettings)
    assert why in " ".join(refused.value.problems)


def test_each_webhook_takes_its_kinds_and_shows_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    two = json.loads(webhook(kinds=["batch.*"])) + json.loads(webhook(name="all", secret=new_secret()))
    monkeypatch.setenv("STORYKIN_NOTICE_WEBHOOKS", json.dumps(two))
    chosen = read_settings(NoticeSettings)
    shop, everything = channels(chosen)
    assert [way.name for way in (shop, everything)] == ["webhook:shop", "webhook:all"]
    assert shop.takes("batch.done") and not shop.takes("worker.lost") and everything.takes("worker.lost")
    assert SECRET not in repr(chosen) + repr(chosen.webhooks)
