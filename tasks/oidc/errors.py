"""Why somebody could not sign in by the OpenID provider."""

from db.told import told
from tasks.errors import UsageError


class ProviderAway(UsageError):
    """The provider does not answer, or with what is no answer to us."""

    code = "sign_in_service_away"

    def __init__(self, *, cause: str = "") -> None:
        super().__init__(
            told(
                "The sign-in service does not answer just now. Try again, or sign in with your "
                "password. If it stays so, whoever runs the studio finds the cause in its log."
            )
        )
        self.cause = cause  # a word for whoever runs the studio


class BeginAgain(UsageError):
    """The answer belongs to no sign-in that this browser has begun, or came too late, or came twice."""

    code = "sign_in_begin_again"

    def __init__(self) -> None:
        super().__init__(told("This sign-in was not begun in this browser, or too long ago. Begin again."))


class NotConfirmed(UsageError):
    """The provider says no: the person went back, or may not use us."""

    code = "sign_in_not_confirmed"

    def __init__(self) -> None:
        super().__init__(
            told(
                "The sign-in service has not let you in: you went back, or you may not use this studio "
                "there. Begin again, or ask whoever runs that service."
            )
        )


class BadAnswer(UsageError):
    """The ID token does not hold: a wrong signature, issuer, audience or nonce."""

    code = "sign_in_bad_answer"

    def __init__(self) -> None:
        super().__init__(
            told(
                "The answer of the sign-in service can't be believed, so nobody was signed in. Begin "
                "again. If it stays so, whoever runs the studio finds the cause in its log."
            )
        )


class NotOfNow(UsageError):
    """The ID token is of another time, by our clock."""

    code = "sign_in_not_of_now"

    def __init__(self) -> None:
        super().__init__(
            told(
                "The answer of the sign-in service is of another time than the studio's clock shows. "
                "Begin again. If it stays so, one of the two clocks is wrong: tell whoever runs the "
                "studio."
            )
        )


class NotLetIn(UsageError):
    """The provider knows the person, and the studio does not, or no more."""

    code = "not_let_in"

    def __init__(self) -> None:
        super().__init__(
            told(
                "The sign-in service knows you, but you have no account here, or not under the e-mail "
                "address that it has confirmed. Ask an administrator of this studio."
            )
        )
