// The Download menu: files that take a moment say so, what can't be made says why, and links can be copied.
(() => {
  "use strict";
  if (window.StorykinDownloads) return;
  window.StorykinDownloads = true;

  const _ = (text, values) => (window.Storykin?._ ? window.Storykin._(text, values) : text);
  const AWAY = _("The studio does not answer just now. Try again.");

  function say(menu, sentence, tone = "") {
    const place = menu.querySelector(".sk-menu-status");
    place.textContent = sentence;
    place.dataset.tone = tone;
  }

  async function asked(address, options) {
    let answer;
    try {
      answer = await fetch(address, options);
    } catch {
      throw new Error(AWAY);
    }
    if (answer.ok) return answer;
    const said = await answer.json().catch(() => ({}));
    throw new Error(said.sentence || AWAY);
  }

  function withChoice(menu, address) {
    const url = new URL(address, location.href);
    if (menu.querySelector("[data-no-names]")?.checked) url.searchParams.set("names", "no");
    return url.href;
  }

  async function save(menu, link) {
    link.setAttribute("aria-busy", "true");
    say(menu, _("Being made…"));
    try {
      await window.Storykin.saveFile(await asked(withChoice(menu, link.href)));
      say(menu, _("Saved with your downloads."), "good");
    } catch (problem) {
      say(menu, problem.message, "bad");
    } finally {
      link.removeAttribute("aria-busy");
    }
  }

  async function copy(menu, button) {
    const field = menu.querySelector(".sk-menu-link");
    try {
      const { url } = await (await asked(button.dataset.copyLink, { method: "POST" })).json();
      try {
        await navigator.clipboard.writeText(url);
        say(menu, _("Copied. Whoever has the link sees the picture for an hour."), "good");
      } catch {
        // No clipboard without https, or without leave: the link to copy by hand.
        field.value = url;
        field.hidden = false;
        field.select();
        say(menu, _("Copy this link; it works for an hour."));
      }
    } catch (problem) {
      say(menu, problem.message, "bad");
    }
  }

  document.addEventListener("click", (click) => {
    const inside = click.target.closest?.("[data-downloads]");
    for (const open of document.querySelectorAll("[data-downloads][open]")) if (open !== inside) open.open = false;
    if (!inside) return;
    const link = click.target.closest("a");
    const button = click.target.closest("[data-copy-link]");
    if (button) return void copy(inside, button);
    if (!link) return;
    if (!link.hasAttribute("data-download")) {
      link.href = withChoice(inside, link.getAttribute("href").split("?")[0]); // a large one: the browser saves it as it comes
      return;
    }
    click.preventDefault();
    if (link.getAttribute("aria-busy") !== "true") save(inside, link);
  });
  document.addEventListener("keydown", (press) => {
    const open = press.key === "Escape" && document.querySelector("[data-downloads][open]");
    if (!open) return;
    open.open = false;
    open.querySelector("summary").focus();
  });
})();
