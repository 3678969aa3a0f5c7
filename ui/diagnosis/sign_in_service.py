"""The OpenID provider that people may sign in by: does it answer, and as the one that is set?"""

from collections.abc import Iterator

from db.told import told
from tasks.oidc.errors import ProviderAway
from tasks.oidc.provider import OTHER_ISSUER, set_provider
from ui.diagnosis.check_result import CheckResult, ok, problem, warning

NAME = "sign-in"


def sign_in_service() -> Iterator[CheckResult]:
    """One line on the provider; none where none is set. Its secret only a sign-in can prove. BadSettings."""
    provider = set_provider()
    if provider is None:
        return
    name = provider.settings.name
    try:
        provider.metadata()
        provider.keys()
    except ProviderAway as away:
        yield problem(NAME, _what_is_wrong(name, away.cause))
        return
    if provider.settings.client_secret.get_secret_value():
        yield ok(NAME, told("%(name)s answers as it is set, with its keys; a secret is set.", name=name))
    else:
        yield warning(
            NAME,
            told(
                "%(name)s answers as it is set, with its keys. No secret is set "
                "(STORYKIN_OIDC_CLIENT_SECRET): that is right only where it knows the studio as a public "
                "client.",
                name=name,
            ),
        )


def _what_is_wrong(name: str, cause: str) -> str:
    if cause == OTHER_ISSUER:
        return told(
            "%(name)s calls itself otherwise than STORYKIN_OIDC_ISSUER, so nobody can sign in by it. "
            "Write it exactly as “issuer” stands in its /.well-known/openid-configuration, to the last "
            "slash.",
            name=name,
        )
    return told(
        "%(name)s does not answer as an OpenID provider does (%(cause)s), so nobody can sign in by "
        "it; passwords go on. See that STORYKIN_OIDC_ISSUER is right and can be reached from this "
        "machine.",
        name=name,
        cause=cause,
    )
