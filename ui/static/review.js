// <sk-review>: the queue of characters that wait for a decision, by keys, buttons or touch. What is decided
// is shown at once, sent, and put back with words where the studio says no. The next ones are there already.
(() => {
  "use strict";
  if (customElements.get("sk-review")) return;

  const TALL = 3 / 2; // a window's height by its width
  const AHEAD = 3; // characters that are fetched before they are shown
  const KEPT = 40; // characters behind that are kept as they were
  const LOOK_AGAIN_MS = 400; // where eyes are still looked for
  const UNDO = "storykin-review-undo";
  const KEYS_OFF = "storykin-review-keys";
  const HIDDEN_REASONS = ["unsafe", "undressed"];
  const DECISIONS = { a: "approve", f: "favourite", l: "lock", r: "reject", u: "undo", z: "zoom", c: "compare", w: "whole", n: "numbers", j: "next", k: "previous", "?": "help" };

  /** What is kept beyond this page; where storage is forbidden, as long as this page is open. */
  const unkept = {};
  function kept(where, name) {
    try {
      return window[where].getItem(name);
    } catch {
      return unkept[name] ?? null;
    }
  }
  function keep(where, name, value) {
    unkept[name] = value;
    try {
      window[where].setItem(name, value);
    } catch { /* it is in `unkept` */ }
  }

  class Review extends HTMLElement {
    #ids = [];
    #at = 0;
    #cards = new Map(); // id → promise of its <article>
    #card = null;
    #chosen = new Map(); // id → id of its chosen picture
    #pending = 0;
    #line = Promise.resolve(); // what was decided is sent in its order: each says what it has seen
    #away = new AbortController();

    connectedCallback() {
      if (this.dataset.begun) return;
      this.dataset.begun = "yes";
      const { signal } = this.#away;
      this.states = JSON.parse(this.dataset.states);
      this.words = Object.fromEntries([...this.querySelector("[data-words]").content.children].map((each) => [each.dataset.word, each.textContent]));
      document.title = "Review · Storykin";
      document.addEventListener("keydown", (press) => this.#key(press), { signal });
      this.addEventListener("click", (click) => this.#click(click), { signal });
      this.#dialog("reject").addEventListener("keydown", (press) => this.#reasonKey(press), { signal });
      for (const dialog of this.querySelectorAll("dialog")) dialog.addEventListener("keydown", (press) => {
        press.stopPropagation();
        if (press.key !== "Escape") return;
        press.preventDefault(); // at once: the browser's own way comes after the next key
        studio().shut(dialog);
      }, { signal });
      const keysOn = this.querySelector("[data-keys-on]");
      keysOn.checked = !kept("localStorage", KEYS_OFF);
      keysOn.addEventListener("change", () => keep("localStorage", KEYS_OFF, keysOn.checked ? "" : "yes"), { signal });
      addEventListener("beforeunload", (leave) => this.#pending && leave.preventDefault(), { signal });
      const hear = () => this.#count();
      this.notLive = window.Storykin?.live?.on?.("list", hear);
      this.#open();
    }

    disconnectedCallback() {
      this.#away.abort();
      this.notLive?.();
    }

    // ---------- the queue ----------

    async #open() {
      const asked = new URLSearchParams(location.search);
      this.show = asked.get("show") === "missing" ? "missing" : "waiting";
      for (const link of this.querySelectorAll("[data-show]")) link.dataset.show === this.show ? link.setAttribute("aria-current", "page") : link.removeAttribute("aria-current");
      for (const each of this.querySelectorAll("[data-empty-of]")) each.hidden = each.dataset.emptyOf !== this.show;
      const id = asked.get("id") || "";
      try {
        this.#ids = (await this.#queue({ also: id })).ids;
      } catch (problem) {
        return this.#trouble(problem.message);
      }
      this.#at = Math.max(0, this.#ids.indexOf(id));
      await this.#turn(0);
    }

    async #queue(asked) {
      const found = await this.#ask(`queue?${new URLSearchParams({ show: this.show, ...asked })}`).then((answer) => answer.json());
      this.querySelector("[data-count=waiting]").textContent = found.waiting;
      this.querySelector("[data-count=missing]").textContent = found.missing;
      return found;
    }

    async #count() {
      try {
        const found = await this.#queue({ after: this.#ids.at(-1) || "" });
        const empty = !this.#ids.length;
        this.#ids.push(...found.ids.filter((id) => !this.#ids.includes(id)));
        if (empty && this.#ids.length) await this.#turn(0);
        this.#place();
      } catch { /* the studio is away: what is shown stays */ }
    }

    /** The card of a character, fetched once, its pictures with it. */
    #load(id) {
      if (!this.#cards.has(id)) {
        const card = this.#ask(`card?${new URLSearchParams({ id })}`).then(async (answer) => {
          const found = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("article");
          for (const img of found.querySelectorAll("img[src]")) new Image().src = img.getAttribute("src");
          return document.adoptNode(found);
        });
        card.catch(() => this.#cards.delete(id));
        this.#cards.set(id, card);
        if (this.#cards.size > KEPT) this.#cards.delete(this.#cards.keys().next().value);
      }
      return this.#cards.get(id);
    }

    async #turn(step) {
      const to = this.#at + step;
      if (this.#ids.length && (to < 0 || to >= this.#ids.length)) return this.#say(this.words[step > 0 ? "last" : "first"]);
      this.#at = to;
      const id = this.#ids[to];
      this.querySelector("[data-empty]").hidden = Boolean(id);
      this.querySelector("[data-bar]").hidden = !id;
      this.#place();
      if (!id) {
        this.querySelector("[data-stage]").replaceChildren();
        this.#card = null;
        return this.#state("empty");
      }
      this.#state("loading");
      try {
        const card = await this.#load(id);
        if (this.#ids[this.#at] !== id) return; // gone on meanwhile
        this.#card = card;
        this.querySelector("[data-stage]").replaceChildren(card);
      } catch (problem) {
        return this.#trouble(problem.message);
      }
      window.Storykin.address({ show: this.show === "waiting" ? "" : this.show, id });
      this.#choose(this.#chosen.get(id) || this.#first());
      this.#align(this.#card);
      this.#state("shown");
      for (let ahead = 1; ahead <= AHEAD; ahead += 1) {
        const next = this.#ids[to + ahead];
        if (next) this.#load(next).then((card) => this.#align(card)).catch(() => {});
      }
      if (to + AHEAD >= this.#ids.length) this.#count();
    }

    #place() {
      const words = this.words.place.replace("{at}", this.#at + 1).replace("{of}", this.#ids.length);
      this.querySelector("[data-place]").textContent = this.#ids.length ? words : "";
    }

    #state(state) {
      this.dataset.state = state;
      this.dataset.shown = this.#card?.dataset.id || "";
    }

    // ---------- one character ----------

    #tiles() {
      return [...(this.#card?.querySelectorAll("[data-image]") || [])];
    }

    #tile() {
      return this.#card?.querySelector(`[data-image="${this.#chosen.get(this.#card.dataset.id)}"]`);
    }

    #first() {
      const tiles = this.#tiles();
      const open = tiles.find((each) => each.dataset.review !== "rejected");
      return (tiles.find((each) => each.dataset.favourite === "yes") || open || tiles[0])?.dataset.image;
    }

    #choose(image) {
      if (!image) return;
      this.#chosen.set(this.#card.dataset.id, image);
      for (const tile of this.#tiles()) {
        const chosen = tile.dataset.image === image;
        tile.toggleAttribute("data-chosen", chosen);
        tile.querySelector("button").setAttribute("aria-pressed", chosen);
      }
      this.#locked();
    }

    /** Eyes to the same place in every window; those not looked for yet are asked about until they are. */
    async #align(card) {
      for (const window of card.querySelectorAll("[data-eyes]")) {
        const img = window.querySelector("img");
        window.toggleAttribute("data-aligned", studio().alignEyes(img, window.dataset.eyes, TALL));
      }
      for (let tries = 0; tries < 40 && card.querySelector("[data-unseen]"); tries += 1) {
        await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
        const eyes = await this.#ask(`eyes?${new URLSearchParams({ id: card.dataset.id })}`).then((answer) => answer.json(), () => ({}));
        for (const window of card.querySelectorAll("[data-unseen]")) {
          const found = eyes[window.dataset.unseen];
          if (found === undefined) continue;
          window.removeAttribute("data-unseen");
          window.dataset.eyes = found;
          window.toggleAttribute("data-aligned", studio().alignEyes(window.querySelector("img"), found, TALL));
        }
      }
    }

    #locked() {
      const tile = this.#tile();
      const unlock = tile?.dataset.review === "locked";
      this.querySelector("[data-do=favourite]").setAttribute("aria-pressed", tile?.dataset.favourite === "yes");
      this.querySelector("[data-do=reject]").disabled = unlock;
      this.querySelector("[data-do=lock]").disabled = unlock || tile?.dataset.review === "rejected";
    }

    /** Writes how pictures stand into a card: `{ image, review, reason, hidden, favourite }` each. */
    #write(card, pictures) {
      for (const each of pictures) {
        const tile = card.querySelector(`[data-image="${each.image}"]`);
        if (!tile) continue;
        tile.dataset.review = each.review;
        tile.dataset.favourite = each.favourite ? "yes" : "no";
        tile.dataset.hidden = each.hidden ? "yes" : "no";
        tile.querySelector("[data-label]").textContent = this.states[each.review];
        tile.querySelector("[data-reason]").textContent = each.reason;
        const img = tile.querySelector("img[data-src]");
        if (img && !each.hidden) {
          img.src = img.dataset.src;
          img.removeAttribute("data-src");
        }
      }
      if (card === this.#card) this.#locked();
    }

    #standing(card) {
      return [...card.querySelectorAll("[data-image]")].map((tile) => ({
        image: tile.dataset.image,
        review: tile.dataset.review,
        reason: tile.querySelector("[data-reason]").textContent,
        hidden: tile.dataset.hidden === "yes",
        favourite: tile.dataset.favourite === "yes",
      }));
    }

    // ---------- decisions ----------

    async #decide(act, why = {}) {
      const card = this.#card;
      const tile = this.#tile();
      if (!tile) return this.#say(this.words.nothing_to_say);
      const before = this.#standing(card);
      const chosen = before.find((each) => each.image === tile.dataset.image);
      const favourite = before.find((each) => each.favourite)?.image || "";
      if (act === "favourite" && chosen.favourite) act = "no_favourite";
      if (act === "favourite" && chosen.review === "rejected") return this.#say(this.words.rejected_favourite);
      if (act === "reject" && chosen.review === "locked") return this.#say(this.words.locked.replace("{title}", tile.dataset.title));
      const after = before.map((each) => this.#foreseen(each, act, chosen.image, why));
      this.#write(card, after);
      const words = this.words[act].replace("{title}", tile.dataset.title).replace("{reason}", why.sentence || "");
      this.#say(words);
      this.#trouble("");
      const name = card.dataset.name;
      const done = act === "approve" || act === "lock" || (act === "reject" && after.every((each) => each.review === "rejected"));
      if (act === "reject" && !done) this.#choose(this.#next(after, chosen.image));
      const asked = { act, character: card.dataset.id, image: chosen.image, seen_review: chosen.review, code: why.code || "", note: why.note || "" };
      if (act === "favourite") asked.seen_favourite = favourite;
      const sent = this.#send("decide", asked);
      sent.catch(() => {}); // told below, when the next one is shown
      if (done) await this.#goOn();
      try {
        const answer = await sent;
        if (answer.event) this.#remember({ event: answer.event, character: answer.character });
        this.#write(card, answer.pictures);
        card.dataset.waiting = answer.waiting ? "yes" : "no";
        this.dataset.confirmed = Number(this.dataset.confirmed || 0) + 1;
        this.#count();
      } catch (problem) {
        this.#write(card, before);
        this.#trouble(this.words.failed.replace("{sentence}", problem.message), card === this.#card ? null : { id: card.dataset.id, name });
        if (problem.code === "decided_meanwhile") this.#again(card.dataset.id);
      }
    }

    /** How a picture will stand after `act` on `image`. */
    #foreseen(each, act, image, why) {
      const mine = each.image === image;
      if (act === "favourite") return { ...each, favourite: mine };
      if (!mine) return each;
      if (act === "no_favourite") return { ...each, favourite: false };
      if (act === "reject") return { ...each, review: "rejected", reason: `${why.said || ""}`.trim(), favourite: false, hidden: HIDDEN_REASONS.includes(why.code) };
      return { ...each, review: act === "lock" ? "locked" : "approved", reason: "", hidden: false };
    }

    #next(standing, image) {
      const at = standing.findIndex((each) => each.image === image);
      const order = [...standing.slice(at + 1), ...standing.slice(0, at)];
      return order.find((each) => each.review !== "rejected")?.image || image;
    }

    async #goOn() {
      if (this.#at + 1 < this.#ids.length) return this.#turn(1);
      // The last one that was told of: is there more by now?
      await this.#count();
      if (this.#at + 1 < this.#ids.length) return this.#turn(1);
      this.#say(`${this.querySelector("[data-said]").textContent} ${this.words.last}`);
    }

    async #undo() {
      const made = this.#made();
      const last = made.pop();
      if (!last) return this.#say(this.words.nothing_to_undo);
      keep("sessionStorage", UNDO, JSON.stringify(made));
      try {
        const answer = await this.#send("undo", { event: last.event });
        const card = await this.#load(answer.character);
        this.#write(card, answer.pictures);
        this.#chosen.set(answer.character, answer.image);
        await this.#goTo(answer.character);
        this.#choose(answer.image);
        this.#say(this.words.undo);
        this.#trouble("");
        this.dataset.undone = Number(this.dataset.undone || 0) + 1;
        this.#count();
      } catch (problem) {
        if (!problem.code) keep("sessionStorage", UNDO, JSON.stringify([...made, last])); // not answered: it stands
        this.#trouble(problem.message);
      }
    }

    async #goTo(id) {
      let at = this.#ids.indexOf(id);
      if (at < 0) {
        this.#ids.splice(this.#at, 0, id);
        at = this.#at;
      }
      await this.#turn(at - this.#at);
    }

    /** Fetches a character again, since someone else has decided. */
    async #again(id) {
      this.#cards.delete(id);
      if (this.#card?.dataset.id === id) await this.#turn(0);
    }

    #made() {
      try {
        return JSON.parse(kept("sessionStorage", UNDO)) || [];
      } catch {
        return [];
      }
    }

    #remember(decision) {
      keep("sessionStorage", UNDO, JSON.stringify([...this.#made(), decision].slice(-100)));
    }

    async #send(where, what) {
      this.#pending += 1;
      const before = this.#line;
      let sent;
      this.#line = new Promise((resolve) => { sent = resolve; });
      try {
        await before;
        const answer = await this.#ask(where, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(what) });
        return await answer.json();
      } finally {
        sent();
        this.#pending -= 1;
      }
    }

    /** The answer, or an Error with the studio's own words (and `code`) or our words where it is away. */
    async #ask(what, how = {}) {
      let answer;
      try {
        answer = await fetch(`${this.dataset.base}/${what}`, how);
      } catch {
        throw new Error(this.words.offline);
      }
      if (answer.ok) return answer;
      const said = await answer.json().catch(() => ({}));
      throw Object.assign(new Error(said.sentence || this.words.offline), { code: said.code });
    }

    // ---------- what is said, keys and buttons ----------

    #say(sentence) {
      this.querySelector("[data-said]").textContent = sentence;
    }

    #trouble(sentence, back = null) {
      const place = this.querySelector("[data-trouble]");
      place.replaceChildren(sentence);
      if (sentence) this.#say("");
      if (!back) return;
      const button = document.createElement("button");
      button.type = "button";
      button.className = "sk-button";
      button.textContent = this.words.back_to.replace("{name}", back.name);
      button.addEventListener("click", () => this.#goTo(back.id).then(() => this.#trouble("")));
      place.append(button);
    }

    #dialog(name) {
      return this.querySelector(`[data-dialog=${name}]`);
    }

    #click(click) {
      const pick = click.target.closest(".sk-tile-pick");
      if (pick) {
        const { image } = pick.closest("[data-image]").dataset;
        return this.#chosen.get(this.#card.dataset.id) === image && click.detail > 1 ? this.#do("zoom") : this.#choose(image);
      }
      if (click.target.closest(".sk-tile-photo .sk-window")) return this.#photo();
      const asked = click.target.closest("[data-do]");
      if (asked) return this.#do(asked.dataset.do);
      const reason = click.target.closest("[data-code]");
      if (reason) return this.#reject(reason);
    }

    #key(press) {
      if (press.ctrlKey || press.metaKey || press.altKey || press.defaultPrevented) return;
      if (document.querySelector("dialog[open]") || press.target.closest?.("input, textarea, select, [contenteditable=true]")) return;
      const key = press.key.toLowerCase();
      if (key === "?") return this.#do("help");
      if (kept("localStorage", KEYS_OFF) || !this.#card) return;
      const turned = { 1: "next", "-1": "previous" }[studio().arrowStep(press.key)];
      const wanted = turned || DECISIONS[key];
      // Until the next one is shown no key decides: it would be about the one that is left.
      if (this.dataset.state !== "shown" && !["next", "previous"].includes(wanted)) return;
      if (/^[1-9]$/.test(key)) {
        const tile = this.#tiles()[Number(key) - 1];
        if (tile) this.#choose(tile.dataset.image);
        press.preventDefault();
      } else if (wanted) {
        press.preventDefault();
        if (!press.repeat || turned) this.#do(wanted);
      }
    }

    #do(what) {
      switch (what) {
        case "next": return this.#turn(1);
        case "previous": return this.#turn(-1);
        case "undo": return this.#undo();
        case "zoom": return this.#zoom();
        case "compare": return this.#compare();
        case "help": return this.#dialog("help").showModal();
        case "reject": return this.#askWhy();
        case "whole":
        case "numbers": {
          const on = this.toggleAttribute(`data-${what}`);
          return this.querySelector(`[data-do=${what}]`).setAttribute("aria-pressed", on);
        }
        default: return this.#decide(what);
      }
    }

    #askWhy() {
      const tile = this.#tile();
      if (!tile) return this.#say(this.words.nothing_to_say);
      if (tile.dataset.review === "locked") return this.#say(this.words.locked.replace("{title}", tile.dataset.title));
      const dialog = this.#dialog("reject");
      dialog.querySelector("[data-title]").textContent = tile.dataset.title;
      dialog.querySelector("[data-note]").value = "";
      dialog.querySelector("[data-note-missing]").textContent = "";
      dialog.showModal();
      dialog.querySelector("[data-code]").focus();
    }

    #reasonKey(press) {
      const buttons = [...this.#dialog("reject").querySelectorAll("[data-code]")];
      if (press.target.matches("[data-note]")) {
        if (press.key === "Enter") {
          press.preventDefault();
          this.#reject(buttons.at(-1));
        }
        return;
      }
      const chosen = /^[1-9]$/.test(press.key) && buttons[Number(press.key) - 1];
      if (!chosen) return;
      press.preventDefault();
      this.#reject(chosen);
    }

    #reject(button) {
      const dialog = this.#dialog("reject");
      const field = dialog.querySelector("[data-note]");
      const note = field.value.trim();
      if (button.dataset.code === "other" && !note) {
        dialog.querySelector("[data-note-missing]").textContent = button.dataset.sentence;
        return field.focus();
      }
      studio().shut(dialog);
      const said = button.dataset.code === "other" ? note : `${button.dataset.sentence} ${note}`.trim();
      this.#decide("reject", { code: button.dataset.code, note, sentence: said, said });
    }

    #photo() {
      const img = this.#card.querySelector(".sk-tile-photo img");
      if (img) studio().lightbox(img.src, img.alt);
    }

    #zoom() {
      const tile = this.#tile();
      if (tile) studio().lightbox(tile.dataset.large, `${this.#card.dataset.name}, ${tile.dataset.title}`);
    }

    #compare() {
      const those = [];
      for (const img of this.#card.querySelectorAll(".sk-window img[src]")) {
        const tile = img.closest("[data-image]");
        if (tile?.dataset.hidden === "yes") continue;
        those.push({ name: tile?.dataset.title || img.alt, url: img.src, width: img.getAttribute("width"), height: img.getAttribute("height"), eyes: img.closest(".sk-window").dataset.eyes || "", tile });
      }
      if (those.length < 2) return this.#say(this.words.nothing_to_say);
      const chosen = Math.max(0, those.findIndex((each) => each.tile && each.tile === this.#tile()));
      studio().compare(those, chosen || 1, this.#older(those, chosen));
    }

    /** What a picture is held against: an older one of its style if there is one, else the photo. */
    #older(those, chosen) {
      const style = those[chosen]?.tile?.dataset.style;
      const older = those.findLastIndex((each, at) => at < chosen && each.tile?.dataset.style === style);
      return style && older >= 0 ? older : 0;
    }
  }

  const studio = () => window.Storykin;
  customElements.define("sk-review", Review);
})();
