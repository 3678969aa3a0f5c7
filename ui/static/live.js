// What has changed on the server, told to whoever on this page wants to know:
//   const off = Storykin.live.on("list", (everything) => …)   topics: "list", "today", "character:<id>"
// One stream for a whole browser: the visible tab that holds a lock listens and passes the topics on to the
// others. A hidden tab hears nothing; when it is shown again each of its listeners is called once. Where the
// stream is refused or cut, the studio is asked every few seconds.
// `document` hears "sk-live" with detail.state: "live", "polling" or "away", and detail.sentence.
(() => {
  "use strict";
  const studio = (window.Storykin ||= {});
  if (studio.live) return;

  const LOCK = "storykin-live";
  const POLL_MS = 3000;
  const FAILED_BEFORE_POLLING = 3;
  const POLLS_BEFORE_TRYING = 20; // then the stream is tried again
  const listeners = new Map(); // topic → functions
  const channel = "BroadcastChannel" in window ? new BroadcastChannel(LOCK) : null;
  let stream = null;
  let timer = 0;
  let at = "";
  let failures = 0;
  let polls = 0;
  let letGo = null; // ends the wait for the lock, or gives it back
  let state = "";

  function tell(next, sentence = "") {
    if (next === state) return;
    state = next;
    document.dispatchEvent(new CustomEvent("sk-live", { detail: { state, sentence } }));
  }

  function call(functions, everything) {
    for (const each of functions) {
      try {
        each(everything);
      } catch (error) {
        console.error(error);
      }
    }
  }

  function hear({ topics = [], everything = false }) {
    if (document.hidden) return;
    for (const [topic, functions] of listeners) {
      if (everything || topics.includes(topic)) call([...functions], everything);
    }
  }

  function pass(news) {
    channel?.postMessage(news);
    hear(news);
  }

  function openStream() {
    close();
    stream = new EventSource(`${studio.root}/api/live`);
    let opened = false;
    stream.addEventListener("here", (event) => {
      const now = JSON.parse(event.data).at;
      // Nobody knows what was missed before this, or in a break, so everyone looks again.
      if (at !== now) pass({ everything: true });
      at = now;
      opened = true;
      failures = 0;
      tell("live");
    });
    stream.addEventListener("changed", (event) => {
      const news = JSON.parse(event.data);
      at = news.at;
      pass(news);
    });
    stream.onerror = () => {
      failures += opened ? 0 : 1;
      opened = false;
      if (stream.readyState === EventSource.CLOSED || failures >= FAILED_BEFORE_POLLING) poll();
      else tell("away");
    };
  }

  async function poll() {
    close();
    polls += 1;
    timer = setTimeout(polls % POLLS_BEFORE_TRYING ? poll : openStream, POLL_MS);
    const mine = timer;
    try {
      const answer = await fetch(`${studio.root}/api/live/changes?since=${encodeURIComponent(at)}`);
      if (!answer.ok) throw new Error(String(answer.status));
      const news = await answer.json();
      if (mine !== timer) return;
      at = news.at;
      tell("polling", "What is new comes every few seconds.");
      pass(news);
    } catch {
      if (mine === timer) tell("away");
    }
  }

  function close() {
    clearTimeout(timer);
    timer = 0;
    stream?.close();
    stream = null;
  }

  /** Listen, or wait for the tab that does to be hidden. Without locks (plain http) each visible tab listens. */
  function begin() {
    if (letGo || document.hidden || !listeners.size) return;
    failures = 0;
    if (!navigator.locks) {
      letGo = () => {};
      openStream();
      return;
    }
    const waiting = new AbortController();
    let release = () => waiting.abort();
    letGo = () => release();
    navigator.locks
      .request(LOCK, { signal: waiting.signal }, () => new Promise((done) => {
        release = done;
        openStream();
      }))
      .catch((reason) => {
        if (reason?.name !== "AbortError") console.error(reason);
      });
  }

  function end() {
    close();
    letGo?.();
    letGo = null;
  }

  channel?.addEventListener("message", (message) => hear(message.data));
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return end();
    begin();
    hear({ everything: true });
  });
  addEventListener("pagehide", end);
  addEventListener("pageshow", (shown) => {
    if (!shown.persisted) return;
    begin();
    hear({ everything: true });
  });

  /** Call `listener(everything)` after `topic` has changed; the function that is returned ends that. */
  function on(topic, listener) {
    if (!listeners.has(topic)) listeners.set(topic, new Set());
    listeners.get(topic).add(listener);
    begin();
    return () => {
      const left = listeners.get(topic);
      left?.delete(listener);
      if (left && !left.size) listeners.delete(topic);
      if (!listeners.size) end();
    };
  }

  const UNDER_WAY = ["queued", "profiling", "illustrating"];

  /** Call `look(busy)` after news of the character in the address; `busy` while its run is under way. */
  studio.follow = (look) => {
    on(`character:${new URLSearchParams(location.search).get("id")}`, (everything) => {
      const busy = UNDER_WAY.includes(document.querySelector("[data-testid=status]")?.dataset.status);
      const typing = document.activeElement?.matches("input:not([type=range]), textarea, select");
      if (!typing && (busy || !everything)) look(busy);
    });
  };

  studio.live = { on, get state() { return state; } };
})();
