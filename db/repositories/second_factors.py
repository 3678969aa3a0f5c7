"""Second factors, the codes that stand in for them, and sign-ins that wait for one."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from db.models import Account, RecoveryCode, SecondFactor, SignInStep, User


def find(session: Session, user_id: str) -> SecondFactor | None:
    """The factor of a user, confirmed or not."""
    return session.get(SecondFactor, user_id)


def is_on(session: Session, user_id: str) -> bool:
    """Whether a user is asked for a second factor."""
    found = find(session, user_id)
    return found is not None and found.confirmed_at is not None


def begin(session: Session, user_id: str, sealed_secret: str, at: datetime) -> None:
    """A factor to be confirmed, from the steady moment `at`, in place of one that never was."""
    remove(session, user_id)
    session.add(SecondFactor(user_id=user_id, sealed_secret=sealed_secret, began=at, last_step=0))
    session.flush()


def remove(session: Session, user_id: str) -> bool:
    """Take the factor and its recovery codes away; whether it was asked for until now."""
    was_on = is_on(session, user_id)
    session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))
    session.execute(delete(SecondFactor).where(SecondFactor.user_id == user_id))
    session.expire_all()
    return was_on


def use_step(session: Session, user_id: str, step: int) -> bool:
    """Whether no code of this time step, or of a later one, was used before; it is used now."""
    newer = update(SecondFactor).where(SecondFactor.user_id == user_id, SecondFactor.last_step < step)
    return _rows(session, newer.values(last_step=step)) == 1


def set_recovery_codes(session: Session, user_id: str, digests: Iterable[str]) -> None:
    """These and no others."""
    session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))
    session.add_all(RecoveryCode(user_id=user_id, code_sha256=each) for each in digests)
    session.flush()


def use_recovery_code(session: Session, user_id: str, digest: str) -> bool:
    """Whether this is one of the user's codes; it is no more from now on."""
    one = delete(RecoveryCode).where(RecoveryCode.user_id == user_id, RecoveryCode.code_sha256 == digest)
    return _rows(session, one) == 1


def recovery_codes_left(session: Session, user_id: str) -> int:
    """How many of the codes have not been used."""
    query = select(func.count()).select_from(RecoveryCode).where(RecoveryCode.user_id == user_id)
    return session.scalar(query) or 0


def begin_step(session: Session, *, user_id: str, token_sha256: str, at: datetime) -> None:
    """A sign-in that waits for its second factor, from the steady moment `at`."""
    session.add(SignInStep(user_id=user_id, token_sha256=token_sha256, began=at))
    session.flush()


def find_step(session: Session, token_sha256: str) -> tuple[SignInStep, User, Account] | None:
    """The sign-in that waits under this token, and whose it is; None while the account is disabled."""
    query = (
        select(SignInStep, User, Account)
        .join(Account, Account.user_id == SignInStep.user_id)
        .join(User, User.id == Account.user_id)
        .where(SignInStep.token_sha256 == token_sha256, Account.disabled_at.is_(None))
    )
    found = session.execute(query).one_or_none()
    return (found[0], found[1], found[2]) if found else None


def end_step(session: Session, token_sha256: str) -> bool:
    """It waits no longer; whether it did until now."""
    return _rows(session, delete(SignInStep).where(SignInStep.token_sha256 == token_sha256)) == 1


def end_steps_of(session: Session, user_id: str) -> None:
    """No sign-in of this user waits any longer: the password is another one."""
    session.execute(delete(SignInStep).where(SignInStep.user_id == user_id))


def end_steps_before(session: Session, moment: datetime) -> None:
    """Clear away what began before the steady `moment`."""
    session.execute(delete(SignInStep).where(SignInStep.began < moment))


def _rows(session: Session, statement: object) -> int:
    count: int = session.connection().execute(statement).rowcount  # type: ignore[call-overload]
    return count
