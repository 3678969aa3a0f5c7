// The studio's own behaviour: everything that Gradio's widgets don't do. One object, no dependencies.
window.Storykin = window.Storykin?.delegate ? window.Storykin : Object.assign(window.Storykin || {}, (() => {
  "use strict";

  /** Turns clicks on `[data-event]` inside `element` into Gradio events that carry the button's data. */
  function delegate(element, trigger, names) {
    element.addEventListener("click", (click) => {
      const target = click.target.closest("[data-event]");
      if (!target || target.disabled || !names.includes(target.dataset.event)) return;
      const { event, testid, ...data } = target.dataset;
      trigger(event, data);
    });
  }

  /** Arrow keys move the focus along the buttons of `[data-arrows]`. */
  document.addEventListener("keydown", (press) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[press.key];
    const row = step && press.target.closest?.("[data-arrows]");
    if (!row) return;
    const stops = [...row.querySelectorAll("button:not(:disabled)")];
    const next = stops[stops.indexOf(press.target.closest("button")) + step];
    if (next) {
      next.focus();
      press.preventDefault();
    }
  });

  /** Links to pictures expire within minutes: a page that stood open for longer asks for new ones, once. */
  const openedAt = Date.now();
  document.addEventListener("error", (failure) => {
    const picture = failure.target;
    if (!(picture instanceof HTMLImageElement) || !/[?&](s|X-Amz-Signature)=/.test(picture.src)) return;
    const typing = document.activeElement?.matches?.("input, textarea, select");
    if (!typing && Date.now() - openedAt > 600_000) location.reload();
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
      const answer = await fetch("/notices");
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
    localStorage.setItem(DISMISSED, notice.dataset.notice);
    notice.remove();
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
  }
  // The list of characters goes back by itself (list.js).
  addEventListener("popstate", () => document.querySelector("[data-list]") || location.reload());

  function title(element) {
    const named = element.querySelector("[data-title]");
    if (named) document.title = `${named.dataset.title} · Storykin`;
  }

  /** A signed link of this very studio as a path, whatever name of it the person typed. */
  function local(url) {
    const there = new URL(url, location.href);
    return there.pathname.startsWith("/api/uploads/") ? there.pathname + there.search : there.href;
  }

  /** Brings a part of the page into view where the window is too small to show it beside the form. */
  function reveal(selector) {
    const part = document.querySelector(selector);
    if (!part || part.getBoundingClientRect().top < innerHeight * 0.6) return;
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    part.scrollIntoView({ block: "start", behavior: calm ? "auto" : "smooth" });
  }

  const HEIC = /\.hei[cf]$/i;
  const typeOf = (file) => file.type || (HEIC.test(file.name) ? "image/heic" : "application/octet-stream");

  async function permission(file) {
    const answer = await fetch("/api/uploads", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ content_type: typeOf(file), length: file.size }),
    });
    const said = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new Error(said.sentence || said.detail?.sentence || "The photo can't be taken just now. Try again.");
    return said;
  }

  function put(file, permit, progress) {
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      request.open(permit.method || "PUT", local(permit.url));
      for (const [name, value] of Object.entries(permit.headers || {})) request.setRequestHeader(name, value);
      request.upload.onprogress = (sent) => sent.lengthComputable && progress(sent.loaded / sent.total);
      request.onload = () => {
        if (request.status < 300) return resolve(permit.key);
        let said = {};
        try { said = JSON.parse(request.responseText); } catch { /* a bucket answers in XML */ }
        reject(new Error(said.sentence || "The photo could not be uploaded. Try again."));
      };
      request.onerror = () => reject(new Error("The connection broke while the photo was uploaded. Try again."));
      request.send(file);
    });
  }

  // The key of the photo in the drop zone, or the promise of it while it is uploaded; "" when there is none.
  let key = "";
  let markUsed = () => {};

  /** A run has begun: its token into the address, and the photo is taken in. */
  function started(run) {
    address({ run });
    markUsed();
    reveal("#run");
  }

  /** The drop zone. Tells Gradio when the photo changes (`names.changed`) or is refused (`names.refused`). */
  function photoZone(element, trigger, names) {
    const zone = element.querySelector(".sk-zone");
    const [input, preview, bar, status, clear] = ["input", ".sk-preview", ".sk-zone-bar i", ".sk-zone-status", ".sk-zone-clear"]
      .map((selector) => zone.querySelector(selector));
    let turn = 0;

    function show(state, message = "") {
      zone.dataset.state = state;
      status.textContent = message;
      clear.hidden = state === "empty";
    }

    function reset(message = "") {
      turn += 1;
      key = "";
      input.value = "";
      URL.revokeObjectURL(preview.src);
      preview.removeAttribute("src");
      delete zone.dataset.unseen;
      show("empty", message);
    }

    function take(file) {
      reset();
      trigger(names.changed, {});
      key = send(file, turn);
    }

    /** Uploads `file`; the promise of its key, or of "" when it is refused or another one was chosen. */
    async function send(file, mine) {
      preview.src = URL.createObjectURL(file);
      show("uploading", "Uploading…");
      bar.style.width = "0";
      try {
        const kept = await put(file, await permission(file), (share) => {
          if (mine === turn) bar.style.width = `${Math.round(share * 100)}%`;
        });
        if (mine !== turn) return "";
        show("ready", "Photo uploaded");
        return kept;
      } catch (problem) {
        if (mine === turn) {
          show("failed", problem.message);
          trigger(names.refused, { sentence: problem.message });
        }
        return "";
      }
    }

    preview.addEventListener("error", () => preview.getAttribute("src") && (zone.dataset.unseen = "yes"));
    input.addEventListener("change", () => input.files[0] && take(input.files[0]));
    clear.addEventListener("click", () => {
      reset();
      trigger(names.changed, {});
      input.focus();
    });
    for (const name of ["dragenter", "dragover"]) zone.addEventListener(name, (drag) => {
      drag.preventDefault();
      zone.classList.add("sk-over-zone");
    });
    for (const name of ["dragleave", "drop"]) zone.addEventListener(name, () => zone.classList.remove("sk-over-zone"));
    zone.addEventListener("drop", (drop) => {
      drop.preventDefault();
      if (drop.dataTransfer.files[0]) take(drop.dataTransfer.files[0]);
    });
    document.addEventListener("paste", (paste) => {
      const file = [...(paste.clipboardData?.files || [])].find((each) => each.type.startsWith("image/"));
      if (file && zone.isConnected) take(file);
    });
    zone.dataset.ready = "yes";
    if (input.files[0]) take(input.files[0]); // chosen before this script was there
    markUsed = () => {
      if (zone.dataset.state !== "ready") return;
      key = "";
      show("used", "Photo taken in");
    };
  }

  return { delegate, photoZone, photoKey: async () => key, started, address, title };
})());
