"""Who works here, as an administrator sees them: everybody, and one person with all that lets them in."""

from dataclasses import dataclass
from datetime import datetime

from db.engine import Record, Session
from db.models import Account, Role, User
from db.repositories import accounts, clock, identities, second_factors, studio_sessions
from tasks.accounts import sessions
from tasks.accounts.people import UnknownPerson
from tasks.accounts.tokens import TokenView, tokens_of
from tasks.oidc.settings import oidc_settings


@dataclass(frozen=True)
class PersonShown:
    """Somebody with an account. `link_until`: until when the link is good that sets their password;
    `is_known_elsewhere`: at the sign-in service that is set, not at one of before.
    """

    user_id: str
    email: str
    name: str
    role: Role
    since: datetime
    disabled_at: datetime | None
    has_password: bool
    has_factor: bool
    is_known_elsewhere: bool
    sessions: int
    last_seen: datetime | None
    link_until: datetime | None

    @property
    def can_come_in(self) -> bool:
        """Whether there is anything that lets them in, but for a link that they have not used yet."""
        return self.disabled_at is None and (self.has_password or self.is_known_elsewhere)


@dataclass(frozen=True)
class SessionShown:
    """A browser that somebody is signed in with; moments are the calendar's."""

    began: datetime
    last_seen: datetime
    address: str
    agent: str


@dataclass(frozen=True)
class IdentityShown:
    """Who somebody is at a sign-in service."""

    issuer: str
    since: datetime
    last_used_at: datetime | None


@dataclass(frozen=True)
class PersonDetails:
    """One person with all that lets them in."""

    person: PersonShown
    sessions: tuple[SessionShown, ...]
    identities: tuple[IdentityShown, ...]
    tokens: tuple[TokenView, ...]


def people_shown(record: Record) -> tuple[PersonShown, ...]:
    """Everybody who has an account, by e-mail address."""
    with record.reading() as session:
        known = identities.known_users(session, oidc_settings().issuer)
        return tuple(_shown(session, user, account, known) for user, account in accounts.everyone(session))


def person_shown(record: Record, *, user_id: str) -> PersonDetails:
    """One of them. UnknownPerson."""
    with record.reading() as session:
        found = accounts.by_id(session, user_id)
        if found is None:
            raise UnknownPerson
        reading = clock.read(session)
        ahead = reading.now - clock.rights(session)
        return PersonDetails(
            person=_shown(session, *found, identities.known_users(session, oidc_settings().issuer)),
            sessions=tuple(
                SessionShown(each.began + ahead, each.last_seen + ahead, each.address, each.agent)
                for each in studio_sessions.of_user(session, user_id)
                if not sessions.is_over(each, clock.rights(session))
            ),
            identities=tuple(
                IdentityShown(each.issuer, each.created_at, each.last_used_at)
                for each in identities.of_user(session, user_id)
            ),
            tokens=tuple(tokens_of(session, user_id)),
        )


def _shown(session: Session, user: User, account: Account, known: set[str]) -> PersonShown:
    rights = clock.rights(session)
    ahead = clock.now(session) - rights
    there = [each for each in studio_sessions.of_user(session, user.id) if not sessions.is_over(each, rights)]
    link = identities.password_link_of(session, user.id)
    return PersonShown(
        user_id=user.id,
        email=user.email,
        name=user.name,
        role=account.role,
        since=account.created_at,
        disabled_at=account.disabled_at,
        has_password=account.password_hash is not None,
        has_factor=second_factors.is_on(session, user.id),
        is_known_elsewhere=user.id in known,
        sessions=len(there),
        last_seen=max((each.last_seen + ahead for each in there), default=None),
        link_until=link.expires_at + ahead if link and link.expires_at > rights else None,
    )
