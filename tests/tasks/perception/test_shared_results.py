"""One piece of work for many who ask at once."""

import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from tasks.perception.shared_results import SharedResults


class Kitchen:
    """Work that waits until told, and counts."""

    def __init__(self) -> None:
        self.made: list[str] = []
        self.begun = threading.Event()
        self.may_finish = threading.Event()
        self.fails = False

    def cook(self, dish: str) -> str:
        self.made.append(dish)
        self.begun.set()
        assert self.may_finish.wait(120)
        if self.fails:
            raise ValueError(dish)
        return dish.upper()


@pytest.fixture
def kitchen() -> Kitchen:
    return Kitchen()


def test_five_who_ask_at_once_share_one_piece_of_work(kitchen: Kitchen) -> None:
    results = SharedResults(kitchen.cook, keep=2)
    asked = threading.Barrier(6)

    def ask() -> str:
        asked.wait(120)
        return results.get("soup")

    with ThreadPoolExecutor(5) as guests:
        answers = [guests.submit(ask) for _ in range(5)]
        asked.wait(120)
        kitchen.may_finish.set()
        assert {answer.result() for answer in answers} == {"SOUP"}
    assert kitchen.made == ["soup"]


def test_a_failure_is_told_and_not_remembered(kitchen: Kitchen) -> None:
    results = SharedResults(kitchen.cook, keep=2)
    kitchen.may_finish.set()
    kitchen.fails = True
    with pytest.raises(ValueError, match="soup"):
        results.get("soup")
    kitchen.fails = False
    assert results.get("soup") == "SOUP"


def test_only_the_last_few_are_kept(kitchen: Kitchen) -> None:
    kitchen.may_finish.set()
    results = SharedResults(kitchen.cook, keep=2)
    for dish in ("a", "b", "a", "c", "a", "b"):
        results.get(dish)
    assert kitchen.made == ["a", "b", "c", "b"]


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_child_does_not_wait_for_its_parents_threads(kitchen: Kitchen) -> None:
    results = SharedResults(kitchen.cook, keep=2)
    with ThreadPoolExecutor(1) as guests:
        answer = guests.submit(results.get, "soup")
        assert kitchen.begun.wait(120)
        child = os.fork()
        if child == 0:
            signal.alarm(30)  # a child that waits for its parent's thread would wait for ever
            kitchen.may_finish = threading.Event()
            kitchen.may_finish.set()
            os._exit(0 if results.get("soup") == "SOUP" else 1)
        kitchen.may_finish.set()
        assert answer.result() == "SOUP"
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
