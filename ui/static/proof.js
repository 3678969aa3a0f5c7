// A customer's page: pictures in large, a question before a picture is approved, and an answer that is sent
// once. Without this script the form works by itself.
(() => {
  "use strict";
  const main = document.querySelector("main");
  let sending = false;

  const dialog = (name) => main.querySelector(`dialog.sk-proof-${name}`);

  function tell(sentence) {
    const alert = main.querySelector("[data-slot=alert]");
    alert.textContent = sentence;
    alert.scrollIntoView({ block: "center" });
  }

  async function send(form, button) {
    if (sending) return;
    sending = true;
    const fields = new URLSearchParams(new FormData(form, button));
    const buttons = [...form.querySelectorAll("button[type=submit]")];
    for (const each of buttons) each.disabled = true;
    try {
      const answer = await fetch(form.action, { method: "POST", body: fields, headers: { Accept: "text/html" } });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const now = page.querySelector("main");
      if (!now) throw new Error(String(answer.status));
      main.dataset.state = now.dataset.state;
      main.replaceChildren(...now.childNodes);
      document.title = page.title;
      scrollTo(0, 0);
      main.querySelector("h1")?.focus();
    } catch {
      tell(form.dataset.away);
      for (const each of buttons) each.disabled = false;
    } finally {
      sending = false;
    }
  }

  function enlarge(button) {
    const picture = (button.querySelector("img") ? button : button.parentElement).querySelector("img");
    const large = dialog("zoom").querySelector("img");
    large.src = picture.src;
    large.alt = picture.alt || button.getAttribute("aria-label");
    dialog("zoom").showModal();
  }

  main.addEventListener("submit", (event) => {
    event.preventDefault();
    const button = event.submitter || main.querySelector("[value=approve]");
    if (button.value !== "approve" || !event.target.elements.picture) return send(event.target, button);
    if (!main.querySelector("[name=picture]:checked")) return send(event.target, button); // it says what is missing
    dialog("ask").showModal();
  });

  main.addEventListener("click", (event) => {
    const zoom = event.target.closest("[data-zoom]");
    if (zoom) return enlarge(zoom);
    const act = event.target.closest("[data-do]")?.dataset.do;
    if (act === "close" || event.target === dialog("zoom")) dialog("zoom").close();
    if (act === "back") dialog("ask").close();
    if (act === "sure") {
      dialog("ask").close();
      send(main.querySelector("form"), main.querySelector("[value=approve]"));
    }
  });
})();
