// The first-run tour: a box that walks through the navigation, a place at a time. It is offered on Today
// until it was taken or declined on this browser, and on Help.
(() => {
  "use strict";
  if (customElements.get("sk-tour")) return;
  const SEEN = "storykin-tour";
  const seen = () => {
    try {
      return localStorage.getItem(SEEN) === "seen";
    } catch {
      return false; // no storage: it is offered again, which harms nobody
    }
  };

  class Tour extends HTMLElement {
    connectedCallback() {
      if (this.hasAttribute("offered")) this.hidden = seen();
      if (this.listening) return;
      this.listening = true;
      this.addEventListener("click", (click) => {
        const act = click.target.closest("[data-tour]")?.dataset.tour;
        if (act === "start") this.open(0);
        else if (act === "next") this.open(this.at + 1);
        else if (act === "back") this.open(this.at - 1);
        else if (act === "end") this.end();
      });
      this.addEventListener("keydown", (press) => {
        if (!this.box?.open) return;
        const step = window.Storykin.arrowStep(press.key);
        if (press.key === "Escape") this.end();
        else if (step) this.open(Math.min(this.places.length - 1, Math.max(0, this.at + step)));
        else return;
        press.preventDefault();
      });
    }

    disconnectedCallback() {
      this.mark(null);
    }

    get box() {
      return this.querySelector("dialog");
    }

    /** What there is to be shown: the places that this person's navigation has. */
    get places() {
      return [...this.querySelectorAll("[data-place]")].filter((place) => this.linksTo(place.dataset.place).some((link) => link.checkVisibility()));
    }

    linksTo(name) {
      return [...document.querySelectorAll(".sk-topbar nav a")].filter((link) => new URL(link.href).pathname.replace(/\/$/, "").endsWith(`/studio${name}`));
    }

    open(at) {
      if (at >= this.places.length) return this.end();
      this.at = at;
      for (const place of this.querySelectorAll("[data-place]")) place.hidden = place !== this.places[at];
      this.querySelector("[data-tour=back]").disabled = at === 0;
      const next = this.querySelector("button[data-tour=next]");
      next.textContent = at === this.places.length - 1 ? next.dataset.last : next.dataset.next;
      this.querySelector("[data-tour-count]").textContent = `${at + 1} / ${this.places.length}`;
      if (!this.box.open) this.box.show(); // beside the page, not over it: the place is seen
      this.box.dataset.at = String(at + 1);
      this.mark(this.places[at].dataset.place);
      next.focus();
    }

    end() {
      this.box.close();
      this.mark(null);
      try {
        localStorage.setItem(SEEN, "seen");
      } catch {
        // then it is offered again
      }
      if (this.hasAttribute("offered")) this.hidden = true;
      else this.querySelector("[data-tour=start]").focus();
    }

    /** Shows which place of the navigation is spoken of. */
    mark(name) {
      for (const link of document.querySelectorAll(".sk-topbar nav a")) {
        const is = name !== null && this.linksTo(name).includes(link);
        link.classList.toggle("sk-toured", is);
        if (is) link.scrollIntoView({ block: "nearest", inline: "center" });
      }
    }
  }
  customElements.define("sk-tour", Tour);
})();
