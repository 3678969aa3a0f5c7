"""What people were told of: the list on the Today page, and the ways out of the house on the Health page."""

from dataclasses import dataclass
from datetime import datetime

from db.models import DeliveryState, NoticeKind
from tasks.notices.book import ChannelView, NoticeView
from tasks.notices.words import NoticeWords
from ui.i18n import _, said
from ui.views.templates import render

N = NoticeKind
_BAD = frozenset(
    {N.CHARACTER_FAILED, N.BATCH_FAILED, N.WORKER_LOST, N.BACKUP_FAILED, N.STORE_DAMAGED, N.PROVIDER_OUTAGE}
)
_GOOD = frozenset({N.CHARACTER_READY, N.BATCH_DONE, N.CUSTOMER_APPROVED})


@dataclass(frozen=True)
class News:
    """One notice that nobody has put away."""

    notice_id: str
    kind: str
    at: datetime
    words: NoticeWords

    @property
    def title(self) -> str:
        """In the reader's language; as text, since `_` of a template would take what is filled in as HTML."""
        return _(self.words.title)

    @property
    def sentence(self) -> str:
        """The same of the sentence."""
        return _(self.words.sentence)

    @property
    def tone(self) -> str:
        """A pill's."""
        return "failed" if self.kind in _BAD else "ready" if self.kind in _GOOD else "needs_attention"


@dataclass(frozen=True)
class NewsPage:
    """The newest of them."""

    news: tuple[News, ...]


@dataclass(frozen=True)
class DeadNotice:
    """A notice that was given up on some way, and why."""

    title: str
    at: datetime
    ways: tuple[tuple[str, str], ...]  # channel and reason

    @classmethod
    def of(cls, notice: NoticeView) -> "DeadNotice":
        """Of its deliveries those that were given up."""
        ways = (each for each in notice.deliveries if each.state is DeliveryState.DEAD)
        return cls(_(notice.words.title), notice.at, tuple((each.channel, said(each.error)) for each in ways))


@dataclass(frozen=True)
class WaysPage:
    """The ways out of the house."""

    ways: tuple[ChannelView, ...]
    dead: tuple[DeadNotice, ...]
    told: str = ""


def news_html(page: NewsPage) -> str:
    """The part of the Today page; "" where there is nothing to tell."""
    return render("news.html", page=page) if page.news else ""


def ways_html(page: WaysPage) -> str:
    """The part of the Health page."""
    return render("notice_ways.html", page=page)
