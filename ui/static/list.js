// The list of characters: asks the server for the fragment that the address says, again when something has
// changed, and keeps what is selected and where one was. Storykin.list(element)
(() => {
  "use strict";
  const studio = (window.Storykin ||= {});
  if (studio.list) return;

  const TYPING_MS = 150;
  const SOONEST_MS = 800; // between two looks of the list by itself
  const _ = (text) => (studio._ ? studio._(text) : text);
  const AWAY = _("The studio does not answer just now. The list may be old; it comes back by itself.");

  studio.list = (element) => {
    const place = element.querySelector("[data-list]");
    const told = element.querySelector("[data-list-told]");
    const bar = element.querySelector("[data-list-bar]");
    const picked = new Set(history.state?.picked); // Back, or a reload, finds them again
    let everyone = Boolean(history.state?.everyone); // all that fit are selected, on every page
    let anchor = null;
    let opened = history.state?.opened; // the card that one comes back from
    let asking = null;
    let lookedAt = 0;
    let later = 0;
    let typing = 0;
    let landing = null; // where to scroll as soon as the list is shown; another look may come between

    history.scrollRestoration = "manual";
    const find = (selector) => place.querySelector(selector);
    const form = () => find("#list-form");
    const boxes = () => [...place.querySelectorAll("[data-pick]")];
    const section = () => find("[data-testid=listing]");

    // ---- looking ----
    async function look({ scroll = null } = {}) {
      if (scroll !== null) landing = scroll;
      asking?.abort();
      const mine = (asking = new AbortController());
      lookedAt = Date.now();
      place.dataset.state = "looking";
      try {
        const answer = await fetch(`${studio.root}/fragments/characters${location.search}`, { signal: mine.signal });
        const html = await answer.text();
        if (mine !== asking) return;
        if (!answer.ok) throw new Error(String(answer.status));
        told.hidden = true;
        if (answer.headers.get("x-revision") !== place.dataset.rev) {
          studio.morph(place, html);
          place.dataset.rev = answer.headers.get("x-revision");
        }
        place.dataset.state = "shown";
        place.removeAttribute("aria-busy");
        paint();
        if (landing !== null) scrollTo({ top: landing, behavior: "instant" });
        landing = null;
        if (opened) {
          place.querySelector(`#card-${opened} a`)?.focus({ preventScroll: true });
          keep({ opened: (opened = null) });
        }
      } catch (problem) {
        if (mine !== asking) return;
        told.textContent = AWAY;
        told.hidden = false;
        place.removeAttribute("aria-busy");
        place.dataset.state = "away";
        clearTimeout(later);
        later = setTimeout(look, 3000);
      }
    }

    /** Something has changed: look soon, and once for many changes. */
    function lookSoon() {
      clearTimeout(later);
      later = setTimeout(look, Math.max(0, lookedAt + SOONEST_MS - Date.now()));
    }

    /** Show the list at `search` ("?q=…"); `push` makes a step for the Back button. */
    function go(search, push, scroll = null) {
      const url = location.pathname + search;
      if (url === location.pathname + location.search) return;
      if (everyone) clear();
      remember();
      history[push ? "pushState" : "replaceState"]({ scroll: 0, picked: [...picked] }, "", url);
      place.setAttribute("aria-busy", "true"); // at once: the server may take its time
      look({ scroll });
    }

    function remember() {
      if (landing !== null) return; // not there yet: where one is now says nothing
      keep({ scroll: Math.round(scrollY) });
    }

    function keep(more) {
      history.replaceState({ ...history.state, ...more }, "");
    }

    function chosen() {
      keep({ picked: [...picked], everyone });
      paint();
    }

    /** The address that the form says; a new search begins at its first page. */
    function asked(turning) {
      const said = new URLSearchParams();
      for (const [name, value] of new FormData(form())) {
        const usual = { sort: "newest", size: "24", p: "1" }[name] || "";
        if (value && value !== usual && (name !== "p" || turning)) said.set(name, value.trim());
      }
      return said.size ? `?${said}` : "";
    }

    // `input` is heard for everything that changes a text: keys, paste, cut, undo, dictation, input methods.
    place.addEventListener("input", (event) => {
      if (event.target.id !== "list-q") return;
      clearTimeout(typing);
      typing = setTimeout(() => go(asked(false), false), TYPING_MS);
    });
    place.addEventListener("change", (event) => {
      if (event.target.matches("[data-pick], [data-pick-all], #list-view-name, #list-q")) return;
      if (event.target.closest("#list-form, #list-pager")) {
        const turning = event.target.id === "list-p";
        go(asked(turning), true, turning ? 0 : null);
      }
    });
    place.addEventListener("submit", (event) => {
      event.preventDefault();
      clearTimeout(typing);
      go(asked(document.activeElement?.id === "list-p"), true);
    });
    element.addEventListener("click", (event) => {
      const link = event.target.closest("[data-list-link]");
      if (!link || event.metaKey || event.ctrlKey || event.shiftKey || event.button) return;
      event.preventDefault();
      place.querySelectorAll("details[data-menu][open]").forEach((menu) => menu.removeAttribute("open"));
      const where = new URL(link.href);
      const box = find("#list-q");
      if (box && !("turn" in link.dataset)) box.value = where.searchParams.get("q") || "";
      go(where.search, true, "turn" in link.dataset ? 0 : null);
    });

    // ---- coming back ----
    addEventListener("popstate", (event) => {
      look({ scroll: event.state?.scroll ?? 0 });
      if (everyone) clear(); // they were all of another search
      else chosen();
    });
    let resting = 0;
    addEventListener("scroll", () => {
      clearTimeout(resting);
      resting = setTimeout(remember, 150);
    }, { passive: true });
    place.addEventListener("click", (event) => {
      const card = event.target.closest("a[data-testid=card]");
      if (!card) return;
      remember();
      keep({ opened: card.dataset.id });
    }, true);

    // ---- selecting ----
    function paint() {
      for (const box of boxes()) {
        box.checked = everyone || picked.has(box.dataset.pick);
        box.closest(".sk-card").classList.toggle("sk-picked", box.checked);
      }
      const all = find("[data-pick-all]");
      if (all) {
        all.checked = boxes().length > 0 && boxes().every((box) => box.checked);
        all.indeterminate = !all.checked && boxes().some((box) => box.checked);
      }
      const total = Number(section()?.dataset.total || 0);
      studio.bulk?.show(bar, {
        ids: [...picked],
        everyone,
        total,
        search: location.search,
        clear,
        pickEveryone: () => {
          everyone = true;
          chosen();
        },
        done: look,
      });
    }

    function clear() {
      picked.clear();
      everyone = false;
      anchor = null;
      chosen();
    }

    function pick(box, on) {
      if (everyone) {
        everyone = false;
        boxes().forEach((each) => picked.add(each.dataset.pick));
      }
      picked[on ? "add" : "delete"](box.dataset.pick);
    }

    /** Selects `box`, and with `range` all from the one before to it. */
    function choose(box, on, range) {
      const all = boxes();
      const from = all.findIndex((each) => each.dataset.pick === anchor);
      const to = all.indexOf(box);
      if (range && from >= 0) {
        for (const each of all.slice(Math.min(from, to), Math.max(from, to) + 1)) pick(each, on);
      } else {
        pick(box, on);
      }
      anchor = box.dataset.pick;
      chosen();
    }

    place.addEventListener("click", (event) => {
      const box = event.target.closest("[data-pick]");
      if (box) return choose(box, box.checked, event.shiftKey);
      const all = event.target.closest("[data-pick-all]");
      if (all) {
        boxes().forEach((each) => pick(each, all.checked));
        chosen();
      }
    });

    place.addEventListener("keydown", (event) => {
      const card = event.target.closest(".sk-card");
      if (!card) return;
      const cards = [...place.querySelectorAll(".sk-card")];
      const box = card.querySelector("[data-pick]");
      const across = Math.max(1, cards.findIndex((each) => each.offsetTop > cards[0].offsetTop));
      const step = { ArrowDown: across, ArrowUp: -across }[event.key] ?? studio.arrowStep(event.key);
      if (step) {
        const next = cards[cards.indexOf(card) + step];
        if (!next) return;
        event.preventDefault();
        const there = next.querySelector("[data-pick]");
        if (event.shiftKey) {
          if (!picked.has(box.dataset.pick)) choose(box, true, false);
          choose(there, true, true);
        }
        (event.target.matches("[data-pick]") ? there : next.querySelector("a")).focus();
      } else if (event.key.toLowerCase() === "x" && !event.ctrlKey && !event.metaKey) {
        choose(box, !box.checked, event.shiftKey);
      } else if (event.key.toLowerCase() === "a" && (event.ctrlKey || event.metaKey)) {
        event.preventDefault();
        boxes().forEach((each) => pick(each, true));
        chosen();
      } else if (event.key === "Escape" && picked.size) {
        clear();
      }
    });

    // ---- kept views ----
    async function keepView() {
      const name = find("#list-view-name").value.trim();
      if (!name) return find("#list-view-name").focus();
      const answer = await studio.send(`${studio.root}/api/views`, { name, address: location.search.slice(1) });
      if (!answer.ok) return studio.say(told, answer.said.sentence);
      find("#list-view-name").value = "";
      look();
    }
    place.addEventListener("keydown", (event) => {
      if (event.target.id !== "list-view-name" || event.key !== "Enter") return;
      event.preventDefault();
      keepView();
    });
    place.addEventListener("click", async (event) => {
      if (event.target.closest("[data-keep-view]")) return keepView();
      const forget = event.target.closest("[data-forget-view]");
      if (!forget) return;
      await studio.send(`${studio.root}/api/views/forget`, { view: forget.dataset.forgetView });
      look();
    });

    studio.live.on("list", lookSoon);
    document.addEventListener("sk-expired", lookSoon); // the links of the pictures
    look({ scroll: history.state?.scroll ?? null });
  };

  studio.say = (place, sentence) => {
    place.textContent = sentence || _("That did not work. Nothing was changed; try again.");
    place.hidden = false;
  };
})();
