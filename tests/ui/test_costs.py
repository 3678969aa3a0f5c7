"""The costs page: what it says of every cent, and what a person can do about one that is possibly paid."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from db.errors import NotFound
from db.ids import utc_now
from db.models import CallDaySum, CallKind, CallState, ProviderCall
from db.repositories import call_sums, calls, events, images, limits
from tasks.errors import UsageError
from tasks.settlement.manual import Decision
from tests.support.rows import an_asset, call_at
from tests.support.studio import StandInStudio
from tests.ui.test_views import HOSTILE, Page
from ui.handlers.costs import (
    DAYS,
    add_up,
    cost_filter,
    cost_filter_of_address,
    costs_page,
    look_for_evidence,
    settle,
)
from ui.handlers.detail import character_page
from ui.services import StudioServices
from ui.views.costs import (
    PAGE_SIZE,
    STATE_WORDS,
    CostFilter,
    CostsPage,
    calls_html,
    costs_html,
    outcome_words,
    standing_words,
)
from ui.views.detail import lineage_html
from ui.views.providers import Standing

ESTIMATE = 39_000
PRICES = {CallState.DELIVERED: 39_001, CallState.STORED: 39_002, CallState.RECORDED: 39_003}


def add_call(
    services: StudioServices, key: str, state: CallState = CallState.RECORDED, **columns: Any
) -> str:
    """A call to a provider that charges, as it would be found in `state`."""
    with services.record.writing() as session:
        row: dict[str, Any] = {
            "kind": CallKind.IMAGE,
            "provider": "replicate",
            "model": "google/nano-banana",
            "asset_id": an_asset(session, f"pictures/of-{key}.png").id,
            "estimate_microusd": ESTIMATE,
            "actual_microusd": PRICES.get(state),
            "sent_at": None if state is CallState.CLAIMED else utc_now() - timedelta(seconds=1),
            "result": {},
        }
        call = ProviderCall(**call_at(state, work_key=f"{key:>64}", **row | columns))
        session.add(call)
        session.flush()
        return call.id


@pytest.fixture
def character_id(studio: StandInStudio) -> str:
    return studio.character(styles=("anime",))


@pytest.fixture
def every_state(studio: StandInStudio, character_id: str) -> dict[CallState, str]:
    """A call in every state, for a character that has free ones as well."""
    with studio.services.record.reading() as session:
        prompt_id = images.of_character(session, character_id)[0].prompt.id
    more: dict[str, Any] = {"character_id": character_id, "prompt_artifact_id": prompt_id}
    return {state: add_call(studio.services, state, state, **more) for state in CallState}


def the_page(studio: StandInStudio, wanted: CostFilter = CostFilter()) -> CostsPage:  # noqa: B008
    return costs_page(studio.services, wanted)


def test_without_a_call_the_page_says_so(studio: StandInStudio) -> None:
    page = the_page(studio)
    words = Page(costs_html(page) + calls_html(page)).words
    assert "Nothing was asked of a provider yet." in words
    assert "No character has cost anything." in words
    assert (page.audit, page.total.calls, page.pages) == (None, 0, 1)


@pytest.mark.usefixtures("every_state")
def test_the_list_comes_to_what_the_budget_counts(studio: StandInStudio) -> None:
    said = add_up(studio.services)
    page = the_page(studio)
    listed = sum(each.known_microusd + each.reserved_microusd for each in page.listed.items)
    assert len(page.listed.items) == page.total.calls == len(CallState) + 2  # a look and a picture, free
    assert page.audit is not None and page.audit.agrees and page.audit.calls == page.total.calls
    assert f"{page.total.calls} calls" in said
    assert listed == page.budget.today.total_microusd == sum(PRICES.values()) + 4 * ESTIMATE
    assert page.days[-1].total_microusd == listed
    assert [each.sum.total_microusd for each in page.characters] == [listed]
    audit = Page(calls_html(page)).having("data-testid", "audit")[0]
    assert audit["data-agrees"] == "yes"


@pytest.mark.usefixtures("every_state")
def test_sums_that_differ_are_called_a_fault(studio: StandInStudio) -> None:
    with studio.services.record.writing() as session:
        session.execute(update(CallDaySum).values(spent_microusd=CallDaySum.spent_microusd + 1))
    assert "differ from their calls" in add_up(studio.services)
    html = calls_html(the_page(studio))
    assert Page(html).having("data-testid", "audit")[0]["data-agrees"] == "no"
    assert "sums differ" in html and "storykin costs --count-anew" in html


@pytest.mark.usefixtures("every_state")
def test_every_state_is_said_in_words(studio: StandInStudio) -> None:
    page = the_page(studio)
    shown = Page(calls_html(page))
    assert set(STATE_WORDS) == set(CallState)
    assert set(STATE_WORDS.values()) <= set(shown.words)
    told = {each.state: outcome_words(each) for each in page.listed.items if each.provider == "replicate"}
    assert told[CallState.UNKNOWN] == "no answer came; it will not be sent again by itself"
    assert told[CallState.FAILED] == "nothing was charged"
    assert told[CallState.WRITTEN_OFF] == "given up by a person; $0.039 counted, as nobody knows"
    assert told[CallState.ACCEPTED] == "reserved until the price is known"


def test_a_failure_that_was_charged_says_so(studio: StandInStudio) -> None:
    add_call(studio.services, "lost", CallState.FAILED, actual_microusd=7)
    (call,) = the_page(studio).listed.items
    assert outcome_words(call) == "charged all the same"


def test_the_list_can_be_turned_and_filtered_and_a_page_beyond_is_the_last(studio: StandInStudio) -> None:
    for number in range(PAGE_SIZE + 1):
        add_call(studio.services, f"call-{number}")
    unknown = add_call(studio.services, "unknown", CallState.UNKNOWN)
    second = the_page(studio, CostFilter(page=99))
    assert (second.filter.page, second.pages, len(second.listed.items)) == (2, 2, 2)
    turning = Page(calls_html(second)).having("data-event", "turn_page")
    assert [("disabled" in each, each["data-to"]) for each in turning] == [(False, "1"), (True, "3")]
    only = the_page(studio, CostFilter(CallState.UNKNOWN))
    assert [each.id for each in only.listed.items] == [unknown]
    assert only.total.total_microusd > only.listed.sum.total_microusd


@pytest.mark.parametrize(
    ("parameters", "wanted"),
    [
        ({}, CostFilter()),
        ({"state": "unknown", "p": "3"}, CostFilter(CallState.UNKNOWN, 3)),
        ({"state": "'; drop table", "p": "-1"}, CostFilter()),
        ({"state": "", "p": "x"}, CostFilter()),
    ],
)
def test_an_address_says_which_calls_are_meant(parameters: dict[str, str], wanted: CostFilter) -> None:
    assert cost_filter_of_address(parameters) == wanted


def test_a_page_number_that_is_no_number_counts_as_not_said() -> None:
    assert cost_filter("", float("inf")) == cost_filter("", None) == CostFilter()  # type: ignore[arg-type]


def test_the_chart_has_every_day_and_the_empty_ones_too(studio: StandInStudio) -> None:
    add_call(studio.services, "old", sent_at=utc_now() - timedelta(days=DAYS - 1))
    page = the_page(studio)
    assert len(page.days) == DAYS
    assert [bool(day.providers) for day in page.days] == [True, *[False] * (DAYS - 1)]
    chart = Page(costs_html(page)).words
    assert sum(each.endswith(": nothing.") for each in chart) == DAYS - 1


def test_the_budget_says_what_is_left_and_when_it_is_used_up(studio: StandInStudio) -> None:
    add_call(studio.services, "paid")
    add_call(studio.services, "open", CallState.SENDING)

    def with_budget(microusd: int | None) -> str:
        runtime = replace(studio.services.runtime, daily_budget_microusd=microusd)
        return costs_html(costs_page(replace(studio.services, runtime=runtime), CostFilter()))

    assert "There is no daily budget" in with_budget(None)
    assert "$0.921997 left" in with_budget(1_000_000)
    assert "The budget is used up" in with_budget(50_000)


def test_calls_that_are_possibly_paid_stand_on_top_with_what_is_known(
    studio: StandInStudio, character_id: str
) -> None:
    call_id = add_call(
        studio.services,
        "lost",
        CallState.UNKNOWN,
        character_id=character_id,
        provider_id="prediction-7",
        error_sentence="Its worker ended before the answer came.",
    )
    shown = Page(costs_html(the_page(studio)))
    said = " ".join(shown.words)
    assert shown.having("data-testid", "possibly-paid")
    assert "sent 20" in said and "estimate $0.039" in said and "prediction-7" in said
    assert "Its worker ended before the answer came." in said
    choices = shown.having("data-event", "settle")
    assert [(each["data-call"], each["data-decision"]) for each in choices] == [
        (call_id, each.value) for each in Decision
    ]
    assert len(shown.having("data-event", "look_for_evidence")) == 1


@pytest.mark.parametrize(
    ("decision", "state", "counted"),
    [
        (Decision.BILLED, CallState.FAILED, ESTIMATE),
        (Decision.NOT_BILLED, CallState.FAILED, 0),
        (Decision.GIVEN_UP, CallState.WRITTEN_OFF, ESTIMATE),
    ],
)
def test_a_decision_is_on_the_timeline_with_who_made_it_and_counts_what_it_says(
    studio: StandInStudio, character_id: str, decision: Decision, state: CallState, counted: int
) -> None:
    call_id = add_call(studio.services, "lost", CallState.UNKNOWN, character_id=character_id)
    others = the_page(studio).total.total_microusd - ESTIMATE
    said = settle(studio.services, call_id, decision.value)
    with studio.services.record.reading() as session:
        assert calls.get(session, call_id).state is state
        newest = events.timeline(session, character_id)[0]
    assert (newest.kind, newest.actor) == ("call.settled", "operator")
    assert newest.data == {"call_id": call_id, "by": "person", "decision": decision, "microusd": counted}
    assert said in newest.message
    page = the_page(studio)
    assert page.total.total_microusd == others + counted
    assert not Page(costs_html(page)).having("data-testid", "possibly-paid")


@pytest.mark.parametrize(
    ("state", "columns"),
    [(CallState.WRITTEN_OFF, {}), (CallState.FAILED, {"error_code": "output_lost", "actual_microusd": 41})],
)
def test_what_was_given_up_or_lost_can_be_let_be_bought_again(
    studio: StandInStudio, state: CallState, columns: dict[str, Any]
) -> None:
    call_id = add_call(studio.services, "gone", state, **columns)
    before = the_page(studio)
    (button,) = Page(calls_html(before)).having("data-event", "settle")
    assert (button["data-call"], button["data-decision"]) == (call_id, "billed")
    settle(studio.services, button["data-call"] or "", button["data-decision"] or "")
    after = the_page(studio)
    assert after.total.total_microusd == before.total.total_microusd
    assert Page(calls_html(after)).having("data-event", "settle") == []


@pytest.mark.parametrize("decision", Decision)
@pytest.mark.parametrize(
    "state", [each for each in CallState if each not in (CallState.UNKNOWN, CallState.WRITTEN_OFF)]
)
def test_only_a_call_that_waits_for_a_person_is_settled_by_one(
    studio: StandInStudio, state: CallState, decision: Decision
) -> None:
    call_id = add_call(studio.services, "some", state)
    with pytest.raises(UsageError, match="settled already"):
        settle(studio.services, call_id, decision.value)
    with studio.services.record.reading() as session:
        assert calls.get(session, call_id).state is state


def test_settling_a_call_of_nobody_works_and_nonsense_is_refused(studio: StandInStudio) -> None:
    lost = add_call(studio.services, "orphan", CallState.UNKNOWN)
    with pytest.raises(UsageError):
        settle(studio.services, lost, "perhaps")
    settle(studio.services, lost, "given_up")
    with pytest.raises((NotFound, UsageError)):
        settle(studio.services, "no-such-call", "billed")


def test_looking_for_evidence_settles_what_is_in_our_own_store(
    studio: StandInStudio, character_id: str
) -> None:
    assert look_for_evidence(studio.services) == "No call is waiting for evidence."
    lost = add_call(studio.services, f"{'lost':0>64}", CallState.UNKNOWN)
    assert look_for_evidence(studio.services).startswith("No evidence yet.")
    with studio.services.record.reading() as session:
        kept = images.of_character(session, character_id)[0].asset.storage_key
        key = calls.get(session, lost).work_key
    data = studio.services.store.get(kept)
    studio.services.store.put(f"pictures/{key[:2]}/{key}.png", data, "image/png")
    said = look_for_evidence(studio.services)
    assert said == "1 of 1 settled: 1 bought, and the picture is here."
    with studio.services.record.reading() as session:
        assert call_sums.by_state(session)[CallState.STORED].spent_microusd == ESTIMATE


def test_each_provider_says_how_it_stands(studio: StandInStudio) -> None:
    record = studio.services.record
    with record.writing() as session:
        limits.record_throttle(session, "paused", 600)
        limits.record_throttle(session, "slow", 0, per_minute=6)
        limits.record_failure(session, "shaky")
        for _ in range(limits.TRIPS_AFTER):
            limits.record_failure(session, "open")
            limits.record_failure(session, "half")
    with record.writing() as session:
        for row in limits.all_limits(session):
            if row.provider == "half":
                row.open_until = utc_now() - timedelta(seconds=1)
    page = the_page(studio)
    told = {each.name: each for each in page.providers}
    assert {name: each.standing for name, each in told.items()} == {
        "local": Standing.WELL,
        "paused": Standing.PAUSED,
        "slow": Standing.SLOW,
        "shaky": Standing.SHAKY,
        "open": Standing.OPEN,
        "half": Standing.HALF_OPEN,
    }
    assert "Held to 6 requests a minute until" in standing_words(told["slow"])
    assert "5 failures in a row: nothing is sent until" in standing_words(told["open"])
    shown = Page(costs_html(page)).having("data-testid", "provider")
    assert {each["data-provider"] for each in shown} == set(told)


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_a_provider_or_a_person_wrote_is_ever_markup(studio: StandInStudio, text: str) -> None:
    character_id = studio.character(name=text, styles=("anime",))
    for state in CallState:
        add_call(
            studio.services,
            state,
            state,
            character_id=character_id,
            provider=text[:32],
            model=text,
            provider_id=f"{text}{state}",
            error_sentence=text,
        )
    page = the_page(studio)
    for html in (
        costs_html(page),
        calls_html(page),
        lineage_html(character_page(studio.services, character_id)),
    ):
        shown = Page(html)
        assert not {"script", "svg", "iframe", "img"} & {tag for tag, _ in shown.tags}
        assert not [key for _, attributes in shown.tags for key in attributes if key.startswith("on")]


def test_a_character_s_lineage_has_its_whole_bill(
    studio: StandInStudio, character_id: str, every_state: dict[CallState, str]
) -> None:
    page = character_page(studio.services, character_id)
    assert page.costs.spent_microusd == sum(each.spent_microusd for each in page.costs.lines)
    assert page.costs.reserved_microusd == sum(each.reserved_microusd for each in page.costs.lines)
    assert page.costs.spent_microusd == sum(PRICES.values())
    labels = [(each.label, each.note) for each in page.costs.lines]
    assert ("Look at the photo", "") in labels and ("Anime", "") in labels
    assert ("Anime", "possibly paid: no answer came") in labels
    shown = Page(lineage_html(page))
    assert shown.having("data-testid", "character-costs")[0]["data-reserved"] == str(4 * ESTIMATE)
    assert f"$0.{sum(PRICES.values())} and $0.156 reserved" in shown.words


def test_a_picture_that_was_paid_for_before_costs_its_second_character_nothing(
    studio: StandInStudio, character_id: str
) -> None:
    twin = character_page(studio.services, studio.character(name="Twin", styles=("anime",)))
    notes = {each.label: each.note for each in twin.costs.lines}
    assert notes["Anime"] == "paid for before: the same photo, the same work"
