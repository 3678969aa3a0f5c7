// What Gradio's shell leaves out: toasts that assistive tools can read, and plain words, in one notice that
// comes and goes by itself, while the studio can't be reached.
(() => {
  "use strict";
  const studio = (window.Storykin ||= {});
  const _ = (text) => studio._?.(text) || text;
  // Where the studio's own paths begin: "" or a proxy's prefix. Every script's addresses begin with it.
  studio.root = new URL(document.currentScript.src).pathname.replace(/\/static\/shell\.js$/, "");

  /** By how many an arrow key goes on in the direction of reading: 1, -1, or 0 for any other key. */
  studio.arrowStep = (key) => {
    const onward = document.documentElement.dir === "rtl" ? "ArrowLeft" : "ArrowRight";
    return key === onward ? 1 : key === "ArrowLeft" || key === "ArrowRight" ? -1 : 0;
  };

  // ---------- Toasts: a button inside a button is none; a failure is an alert ----------
  const LOST = /^(Connection errored out|Could not parse server response|Connection to the server was lost)/;
  function mendToasts() {
    for (const toast of document.querySelectorAll("[data-testid=toast-body]")) {
      const header = toast.querySelector(".toast-header[role=button]");
      if (header) {
        header.removeAttribute("role");
        header.removeAttribute("tabindex");
        toast.querySelector("[data-testid=toast-close]")?.setAttribute("aria-label", _("Close"));
        if (toast.classList.contains("error")) toast.setAttribute("role", "alert");
      }
      const texts = [...toast.querySelectorAll("[data-testid=toast-text]")];
      if (texts.length && texts.every((each) => LOST.test(each.textContent.trim()) || each.textContent === told)) {
        if (!toast.hidden) toast.hidden = true; // the notice says it, once and in our words
        if (!told) away("unreachable");
      }
    }
  }

  let planned = false;
  new MutationObserver(() => {
    if (planned) return;
    planned = true;
    queueMicrotask(() => {
      planned = false;
      mendToasts();
      nameWho();
    });
  }).observe(document.documentElement, { childList: true, subtree: true });

  // ---------- Who is signed in ----------
  function nameWho() {
    const name = document.documentElement.dataset.person;
    if (!name) return;
    for (const place of document.querySelectorAll("[data-person-name]")) {
      if (place.textContent !== name) place.textContent = place.title = name;
    }
  }

  // ---------- The connection ----------
  const SENTENCES = {
    offline: () => _("This device is offline. What you see may be old; it goes on by itself when the network is back."),
    unreachable: () => _("The studio can't be reached. Your last click may not have arrived. This page goes on by itself when the studio is back."),
    gateway: () => _("The studio is not running behind its proxy just now. This page goes on by itself when it is back."),
    busy: () => _("The studio is too busy or just starting. This page goes on by itself in a moment."),
    signedOut: () => _("You are signed out. Load the page again to sign in; what has been sent is safe."),
    refused: () => _("This page was opened by another address than the studio was set up for, so it can't act here. Open it at:") + ` ${setUpFor}`,
  };
  const KINDS = { 401: "signedOut", 403: "signedOut", 407: "signedOut", 429: "busy", 502: "gateway", 503: "busy", 504: "gateway" };
  let told = "";
  let timer = 0;
  let setUpFor = ""; // the address that the studio was told it is reached at

  function away(kind) {
    const sentence = (navigator.onLine ? SENTENCES[kind] : SENTENCES.offline)();
    clearTimeout(timer);
    if (kind !== "refused") timer = setTimeout(look, 2000);
    if (sentence === told) return;
    told = sentence;
    let notice = document.getElementById("sk-connection");
    if (!notice) {
      notice = document.createElement("div");
      notice.id = "sk-connection";
      notice.className = "sk-connection";
      notice.setAttribute("role", "alert");
      document.body.append(notice);
    }
    notice.textContent = sentence;
    notice.dataset.state = kind;
  }

  function back() {
    clearTimeout(timer);
    if (!told || setUpFor) return; // a wrong address stays wrong
    told = "";
    document.getElementById("sk-connection")?.remove();
  }

  /** Is the studio there again? Asked every two seconds while it is away, and by nobody otherwise. */
  async function look() {
    try {
      const answer = await plainFetch(`${studio.root}/healthz`, { cache: "no-store" });
      const health = answer.headers.get("content-type") || "";
      if (answer.ok && health.includes("json")) return back();
      away(KINDS[answer.status] || "unreachable");
    } catch {
      away("unreachable");
    }
  }
  addEventListener("offline", () => away("offline"));
  addEventListener("online", look);
  document.addEventListener("sk-live", (event) => {
    if (event.detail?.state === "away") look();
    else back();
  });

  // Gradio reads any answer as JSON and shows what its parser says of a proxy's error page. It gets ours to read.
  const plainFetch = window.fetch.bind(window);
  window.fetch = async (...request) => {
    const url = String(request[0]?.url || request[0]);
    if (!/\/gradio_api\/queue\/join/.test(url)) return plainFetch(...request);
    let answer;
    try {
      answer = await plainFetch(...request);
    } catch (problem) {
      away("unreachable");
      throw problem;
    }
    const json = (answer.headers.get("content-type") || "").includes("json");
    if (answer.ok && json) {
      setUpFor = "";
      back();
      return answer;
    }
    setUpFor = answer.headers.get("X-Storykin-Origin") || "";
    if (json && answer.status < 500) return answer; // Gradio's own refusal
    away(setUpFor ? "refused" : KINDS[answer.status] || "unreachable");
    return new Response(JSON.stringify({ detail: told }), {
      status: 500,
      headers: { "content-type": "application/json" },
    });
  };
})();
