"""What only who knows the installation's secret can say. The secret itself is not said.

A *proof* answers a challenge. It names the port that the server listens on, so that a program on another
port can't pass the challenge on to the real server and show its answer. A *ticket* lets one browser into the
dashboard, once, within two minutes.
"""

import hmac
import secrets
import time

PROOF_PATH = "/storykin/proof"
SIGN_IN_PATH = "/storykin/sign-in"
TICKET_SECONDS = 120


def new_challenge() -> str:
    """A question that was never asked before."""
    return secrets.token_urlsafe(24)


def proof_of(secret: str, port: int, challenge: str) -> str:
    """The answer to `challenge` by the server on `port`."""
    return _mac(secret, "proof", str(port), challenge)


def is_proof(proof: object, secret: str, port: int, challenge: str) -> bool:
    """Whether someone who knows the secret, and listens on `port`, has answered."""
    return isinstance(proof, str) and hmac.compare_digest(
        proof.encode(), proof_of(secret, port, challenge).encode()
    )


def new_ticket(secret: str) -> str:
    """A ticket for the dashboard: its end, a random name, and a signature over both."""
    until, name = str(int(time.time()) + TICKET_SECONDS), secrets.token_urlsafe(16)
    return f"{until}.{name}.{_mac(secret, 'ticket', until, name)}"


def ticket_end(ticket: str, secret: str) -> int | None:
    """When `ticket` ends, in Unix seconds; None if it is not ours or has ended."""
    until, _, rest = ticket.partition(".")
    name, _, signature = rest.partition(".")
    ours = _mac(secret, "ticket", until, name)
    if not hmac.compare_digest(signature.encode(), ours.encode()) or int(until) <= time.time():
        return None
    return int(until)


def _mac(secret: str, *parts: str) -> str:
    return hmac.digest(secret.encode(), "\n".join(("storykin-prefect-1", *parts)).encode(), "sha256").hex()
