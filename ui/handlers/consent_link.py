"""What the page shows by which a consent is given, and what is done with its answer."""

from collections.abc import Mapping, Sequence

from flows.consent_given import go_on_after_consent
from tasks.consent.texts import kept_by, words_to_tick
from tasks.erasure.settings import retention_settings
from tasks.errors import UsageError
from tasks.proof.answer import withdraw_by_link
from tasks.proof.consent import consent_by_link, refuse_by_link, what_is_asked
from tasks.proof.look import Proof
from tasks.providers.specs import label_of
from ui.handlers.recipients import what_is_given
from ui.i18n import N_, current_language, language_name
from ui.services import StudioServices
from ui.views.consent_link import ConsentAsk, Ticked

Form = Mapping[str, Sequence[str]]


def consent_ask(
    services: StudioServices, proof: Proof, said: Form, *, language: str = "", sentence: str = ""
) -> ConsentAsk:
    """The text in `language` if there is one, else in the browser's; and what was filled in."""
    asked = what_is_asked(services.runtime, proof)
    shown = asked.language(language, current_language())
    ticked = said.get("processor", ())
    return ConsentAsk(
        words=words_to_tick(asked.texts[shown], asked.processors, shown),
        version=asked.version,
        language=shown,
        others=tuple((each, language_name(each)) for each in sorted(asked.texts) if each != shown),
        processors=tuple(
            Ticked(
                each,
                label_of(each),
                what_is_given(services.runtime, each),
                kept_by(each),
                each in ticked,
            )
            for each in asked.processors
        ),
        keep_canon=asked.keep_canon,
        erased_after_days=retention_settings().withdrawn_days,
        sentence=sentence,
        role=_one(said, "role"),
        signature=_one(said, "signature"),
        agreed=_one(said, "agreed") == "yes",
        keeps=_one(said, "keep_canon") == "yes",
    )


def take_consent_answer(services: StudioServices, token: str, proof: Proof, said: Form) -> None:
    """Do what the form says. Raises what `tasks.proof.consent` does; UsageError for no form of ours."""
    runtime, seen = services.runtime, _one(said, "seen")
    match _one(said, "answer"):
        case "consent":
            asked = what_is_asked(runtime, proof)
            answered = consent_by_link(
                runtime,
                token=token,
                seen=seen,
                language=asked.language(_one(said, "language")),
                agreed=_one(said, "agreed") == "yes",
                role=_one(said, "role"),
                signature=_one(said, "signature"),
                processors=said.get("processor", ()),
                keep_canon=_one(said, "keep_canon") == "yes",
            )
            if not answered.repeated:
                go_on_after_consent(runtime, proof.character_id, services.submit, services.hand_over)
        case "refuse":
            refuse_by_link(runtime, token=token, seen=seen)
        case "withdraw":
            withdraw_by_link(runtime, token=token)
        case _:
            raise UsageError(N_("This answer did not arrive whole. Try again."), code="usage")


def _one(said: Form, name: str) -> str:
    values = said.get(name, ())
    return values[-1] if values else ""
