// Today, Batches and Health: a fragment of the server's, fetched again when something has changed.
(() => {
  "use strict";
  const studio = (window.Storykin ||= {});
  if (studio.overview) return;
  const _ = (text) => (studio._ ? studio._(text) : text);
  const LOOK_AGAIN_MS = 2000; // while a slow look is under way
  const USUAL_MS = 30_000;

  studio.overview = (element) => {
    const place = element.querySelector("[data-overview]");
    if (!place || place.dataset.watched) return;
    place.dataset.watched = "yes";
    const name = place.dataset.overview;
    let timer = 0;
    let busy = false;
    let again = false;

    async function show(query = "") {
      if (busy) return void (again = true);
      busy = true;
      clearTimeout(timer);
      let wait = USUAL_MS;
      try {
        const answer = await fetch(`${studio.root}/fragments/${name}${query}`);
        if (!answer.ok) throw new Error((await answer.json().catch(() => ({}))).sentence || "");
        const html = await answer.text();
        const told = new Map([...place.querySelectorAll("[data-said]")].map((each) => [each.parentElement.id, each.dataset.said]));
        studio.morph(place, html);
        // What was answered to a click stays under its line.
        for (const each of place.querySelectorAll("[data-batch-told]")) {
          const said = told.get(each.parentElement.id);
          if (said) each.textContent = each.dataset.said = said;
        }
        place.dataset.state = "shown";
        if (place.querySelector("[data-looking='yes']")) wait = LOOK_AGAIN_MS;
      } catch (problem) {
        // What is shown stays, and says that it may be old.
        if (place.dataset.state !== "shown") {
          const sentence = document.createElement("p");
          sentence.className = "sk-nothing";
          sentence.textContent = problem.message || _("The studio does not answer just now. It is asked again.");
          place.replaceChildren(sentence);
        }
        place.dataset.state = place.dataset.state === "shown" ? "old" : "away";
        wait = LOOK_AGAIN_MS;
      }
      busy = false;
      if (again) {
        again = false;
        return void show();
      }
      if (place.isConnected) timer = setTimeout(() => (document.hidden ? (timer = setTimeout(show, USUAL_MS)) : show()), wait);
    }

    place.addEventListener("click", (click) => {
      if (click.target.closest("[data-look-again]")) show("?anew=yes");
    });
    place.addEventListener("sk-look", () => show());
    studio.live?.on("today", () => show());
    show();
  };
})();
