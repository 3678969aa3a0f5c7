// The studio's own behaviour: everything that Gradio's widgets don't do. One object, no dependencies.
window.Storykin = window.Storykin?.delegate ? window.Storykin : Object.assign(window.Storykin || {}, (() => {
  "use strict";

  const ANSWERED_WITHIN_MS = 10_000; // where nothing changes by then, a sentence has said why

  // A part is seen before it has its scripts: who clicks in between is heard once it has.
  const started = new WeakSet();
  let early = null;
  document.addEventListener("click", (click) => {
    const target = click.target.closest("[data-event]");
    for (let each = target; each; each = each.parentElement) if (started.has(each)) return;
    if (target) early = { target, at: Date.now() };
  }, true);

  function begin(element) {
    started.add(element);
    if (!early || !element.contains(early.target)) return;
    const { target, at } = early;
    early = null;
    if (Date.now() - at < ANSWERED_WITHIN_MS) setTimeout(() => target.click()); // once every listener is there
  }

  /** Turns clicks on `[data-event]` inside `element` into Gradio events that carry the button's data. */
  function delegate(element, trigger, names) {
    begin(element);
    element.addEventListener("click", (click) => {
      const target = click.target.closest("[data-event]");
      if (!target || target.disabled || !names.includes(target.dataset.event)) return;
      const { event, testid, ...data } = target.dataset;
      pressed(element, target);
      trigger(event, data);
    });
  }

  /** Shows at once that a button was heard, until its part of the page changes: the server answers when it can. */
  function pressed(element, button) {
    const heard = () => {
      watch.disconnect();
      clearTimeout(late);
      button.removeAttribute("aria-busy");
    };
    const watch = new MutationObserver(heard);
    const late = setTimeout(heard, ANSWERED_WITHIN_MS);
    button.setAttribute("aria-busy", "true");
    watch.observe(element, { childList: true, subtree: true });
  }

  /** Arrow keys move the focus along the buttons of `[data-arrows]`. */
  document.addEventListener("keydown", (press) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[press.key] ?? Storykin.arrowStep(press.key);
    const row = step && press.target.closest?.("[data-arrows]");
    if (!row) return;
    const stops = [...row.querySelectorAll("button:not(:disabled)")];
    const next = stops[stops.indexOf(press.target.closest("button")) + step];
    if (next) {
      next.focus();
      press.preventDefault();
    }
  });

  /** Links to pictures expire within minutes: a page that stood open for longer asks for new ones, once a time. */
  let fresh = Date.now();
  document.addEventListener("error", (failure) => {
    const picture = failure.target;
    if (!(picture instanceof HTMLImageElement) || !/[?&](s|X-Amz-Signature)=/.test(picture.src)) return;
    if (Date.now() - fresh <= 600_000) return;
    if (document.querySelector("[data-list]")) {
      fresh = Date.now();
      document.dispatchEvent(new CustomEvent("sk-expired")); // the list looks again by itself, and keeps what is selected
    } else if (!document.activeElement?.matches?.("input, textarea, select")) {
      location.reload();
    }
  }, true); // errors don't bubble

  /** The before-and-after slider: an ordinary range input, so keys work. */
  document.addEventListener("input", (input) => {
    const box = input.target.closest?.(".sk-compare");
    if (box && input.target.type === "range") box.style.setProperty("--split", `${input.target.value}%`);
  });

  /** What happened to the studio itself, above every page, until it is dismissed or put right. */
  const DISMISSED = "storykin-notice";
  async function showNotices() {
    const place = document.getElementById("sk-notices");
    if (!place || document.hidden) return;
    try {
      const answer = await fetch(`${Storykin.root}/notices`);
      const told = answer.ok ? await answer.text() : "";
      const dismissed = localStorage.getItem(DISMISSED);
      const found = new DOMParser().parseFromString(told, "text/html").querySelectorAll("[data-notice]");
      const wanted = [...found].filter((each) => each.dataset.notice !== dismissed);
      const ids = (those) => [...those].map((each) => each.dataset.notice).join(" ");
      if (ids(wanted) !== ids(place.querySelectorAll("[data-notice]"))) place.replaceChildren(...wanted);
    } catch {
      // The studio is away for a moment: what is shown stays.
    }
  }
  document.addEventListener("click", (click) => {
    const notice = click.target.closest?.("[data-dismiss]")?.closest("[data-notice]");
    if (!notice) return;
    notice.remove();
    try {
      localStorage.setItem(DISMISSED, notice.dataset.notice);
    } catch {
      // Storage is forbidden: it comes back, and can be dismissed again.
    }
  });
  setInterval(showNotices, 30_000);
  const waitForPage = setInterval(() => {
    if (!document.getElementById("sk-notices")) return;
    clearInterval(waitForPage);
    showNotices();
  }, 200);

  /** Puts `values` into the address, without those that are empty; `push` makes a step for the Back button. */
  function address(values, push = false) {
    const url = new URL(location.href);
    for (const [name, value] of Object.entries(values)) {
      if (value) url.searchParams.set(name, value);
      else url.searchParams.delete(name);
    }
    if (url.href === location.href) return;
    history[push ? "pushState" : "replaceState"](null, "", url);
    shown = here();
  }
  const here = () => location.pathname + location.search;
  let shown = here();
  // The list of characters goes back by itself (list.js). A jump within the page ("Skip to the page") is none.
  addEventListener("popstate", () => {
    if (here() !== shown && !document.querySelector("[data-list]")) location.reload();
  });

  /** Hands a fetched file to the browser's downloads, under the name that the studio says (RFC 6266). */
  async function saveFile(answer) {
    const said = answer.headers.get("content-disposition") || "";
    const named = said.match(/filename\*=UTF-8''([^;]+)/);
    const file = URL.createObjectURL(await answer.blob());
    Object.assign(document.createElement("a"), { href: file, download: named ? decodeURIComponent(named[1]) : "" }).click();
    setTimeout(() => URL.revokeObjectURL(file), 60_000);
  }

  /** POST `what` as JSON; `{ok, said}`, where `said.sentence` says what went wrong. */
  async function send(url, what) {
    try {
      const answer = await fetch(url, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(what),
      });
      return { ok: answer.ok, said: await answer.json().catch(() => ({})) };
    } catch {
      const away = "The studio does not answer just now. Try again.";
      return { ok: false, said: { sentence: window.Storykin._ ? window.Storykin._(away) : away } };
    }
  }

  function title(element) {
    const named = element.querySelector("[data-title]");
    if (named) document.title = `${named.dataset.title} · Storykin`;
  }

  return { delegate, address, title, saveFile, send };
})());
