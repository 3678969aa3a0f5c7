"""Faults: aimed at the right requests, striking as often as told, in every form they can be given."""

from pathlib import Path

import pytest

from tasks.errors import UsageError
from tasks.styles.packs import style_packs
from ui.rehearsal.fault_kinds import KINDS
from ui.rehearsal.faults import Fault, Faults, parse_faults
from ui.rehearsal.request_info import RequestInfo, describe_request

CREATE = RequestInfo("POST", "/v1/models/google/nano-banana/predictions", "create", "anime")
LIST = RequestInfo("GET", "/v1/predictions", "list")


def test_a_request_is_known_by_its_operation_and_its_style() -> None:
    body = f'{{"input": {{"prompt": "Style: {style_packs()["watercolor"].token}."}}}}'.encode()
    info = describe_request("POST", "/v1/models/google/nano-banana/predictions", body)
    assert (info.operation, info.style, info.vendor) == (
        "create",
        "watercolor",
        "replicate",
    )
    assert describe_request("GET", "/v1/models/google/nano-banana", b"").operation == "model"
    assert describe_request("GET", "/v1/models/gpt-5.6-luna", b"").vendor == "openai"
    assert describe_request("GET", "/v1/predictions/abc", b"").operation == "get"
    assert describe_request("POST", "/v1/predictions/abc/cancel", b"").operation == "cancel"
    assert describe_request("GET", "/v1/elsewhere", b"").operation == "other"


@pytest.mark.parametrize(
    ("aim", "hit"),
    [
        ({}, True),
        ({"operation": "create"}, True),
        ({"operation": "list"}, False),
        ({"method": "post"}, True),
        ({"path": "nano-banana"}, True),
        ({"path": "/v1/models/*/predictions"}, True),
        ({"path": "seedream"}, False),
        ({"style": "anime"}, True),
        ({"style": "flat"}, False),
    ],
)
def test_a_fault_minds_only_what_it_names(aim: dict[str, str], hit: bool) -> None:
    faults = Faults([Fault.model_validate({"kind": "drop", **aim})])
    assert bool(faults.request_faults(CREATE, "before")) is hit


def test_the_nth_request_alone_is_hit() -> None:
    faults = Faults([Fault(kind="drop", nth=3, operation="create")])
    struck = []
    for _ in range(5):
        faults.request_faults(LIST, "before")
        struck.append(bool(faults.request_faults(CREATE, "before")))
    assert struck == [False, False, True, False, False]


def test_a_fault_strikes_as_often_as_it_was_told() -> None:
    faults = Faults([Fault(kind="drop", count=2), Fault(kind="throttled", count=None)])
    kinds = [faults.request_faults(CREATE, "before")[0].kind for _ in range(4)]
    assert kinds == ["drop", "drop", "throttled", "throttled"]


def test_delays_come_before_the_one_that_ends_the_request() -> None:
    faults = Faults([Fault(kind="delay"), Fault(kind="drop"), Fault(kind="html")])
    assert [fault.kind for fault in faults.request_faults(CREATE, "before")] == ["delay", "drop"]
    assert [fault.kind for fault in faults.request_faults(CREATE, "before")] == ["html"]


def test_faults_are_spelled_on_the_command_line() -> None:
    drop, slow, always = parse_faults(
        ["drop,operation=create,when=after,nth=2", "slow,seconds=0.5,style=flat", "pa,count=always"]
    )
    assert (drop.kind, drop.when, drop.skip, drop.count) == ("drop", "after", 1, 1)
    assert (slow.seconds, slow.style) == (0.5, "flat")
    assert always.count is None


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("outage.toml", '[[fault]]\nkind = "status"\nstatus = 503\ncount = 4\n\n[[fault]]\nkind = "pa"\n'),
        ("outage.json", '[{"kind": "status", "status": 503, "count": 4}, {"kind": "pa"}]'),
    ],
)
def test_a_scenario_is_a_file(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    faults = parse_faults([str(tmp_path / name)])
    assert [(fault.kind, fault.status, fault.count) for fault in faults] == [
        ("status", 503, 4),
        ("pa", 500, 1),
    ]


@pytest.mark.parametrize(
    ("order", "said"),
    [
        ("dorp", "there is no kind of fault called 'dorp'"),
        ("drop,style=cubism", "style is one of"),
        ("drop,colour=red", "colour"),
        ("missing.toml", "can't be read"),
    ],
)
def test_a_fault_that_makes_no_sense_is_refused_in_words(order: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        parse_faults([order])


def test_every_kind_can_be_set_and_says_what_it_does() -> None:
    for name, kind in KINDS.items():
        assert Fault(kind=name).point is kind.point
        assert len(kind.description) > 10
