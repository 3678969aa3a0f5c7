"""Codes of a second factor: time-based ones (TOTP, RFC 6238), and recovery codes that stand in for them.

Codes follow the calendar's clock, as the phone's do; one is good for its half minute and the ones beside it,
and once. Where this machine's clock was set back, codes wait until it has caught up; recovery codes don't.
"""

import hashlib
import secrets

import pyotp

from db.engine import Session
from db.models import SecondFactor
from db.repositories import clock, second_factors
from tasks.accounts.factor_seal import opened
from tasks.accounts.person import STUDIO
from tasks.audit.acts import AuditAct
from tasks.audit.append import append
from tasks.errors import UsageError

STEP, SKEW = 30, 1  # seconds; steps that a clock may be off


class WrongCode(UsageError):
    """The code is not one of the second factor, or was used before."""

    code = "wrong_code"

    def __init__(self) -> None:
        super().__init__(
            "This code is not the one of now, or was used before. Wait for the next one; if none works, see "
            "whether the clocks of your phone and of the studio are right."
        )


def check(session: Session, user_id: str, code: str) -> bool:
    """Whether this is a code of the factor that is on, or a recovery code; it is used up with this."""
    factor = second_factors.find(session, user_id)
    if factor is None or factor.confirmed_at is None:
        return False
    if is_code_of(session, factor, code):
        return True
    used = second_factors.use_recovery_code(session, user_id, digest(code))
    if used:
        append(session, AuditAct.RECOVERY_CODE_USED, by=user_id, via=STUDIO, what=user_id)
    return used


def is_code_of(session: Session, factor: SecondFactor, code: str) -> bool:
    """Whether it is the code of now or of a step beside it, of which none was used; they are used now."""
    digits = "".join(code.split())
    secret = opened(factor.sealed_secret, factor.user_id)
    if secret is None or len(digits) != 6 or not (digits.isascii() and digits.isdigit()):
        return False
    now = int(clock.now(session).timestamp()) // STEP
    totp = pyotp.TOTP(secret, interval=STEP)
    for step in range(now - SKEW, now + SKEW + 1):
        if secrets.compare_digest(totp.generate_otp(step), digits):
            return second_factors.use_step(session, factor.user_id, step)
    return False


def digest(code: str) -> str:
    """What is kept of a recovery code: of 80 random bits, which nobody guesses from it."""
    plain = "".join(each for each in code.upper() if each.isalnum())
    return hashlib.sha256(plain.encode("utf-8", "surrogatepass")).hexdigest()
