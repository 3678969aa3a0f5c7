// <sk-part src="…">: a part of the page that comes from a route of its own. Forms in it are sent as JSON to
// their `action`; the answer is the same part anew. `data-open` opens a dialog of the part, `data-copy` copies.
// What is shown once (data-once), is being typed or asked is never overwritten by news.
(() => {
  "use strict";
  if (customElements.get("sk-part")) return;
  const _ = (text) => (window.Storykin?._ ? Storykin._(text) : text);

  const AGAIN_MS = 5000;

  function told(form, button) {
    const fields = {};
    for (const each of form.elements) {
      if (!each.name || each.disabled || each.tagName === "BUTTON") continue;
      if (each.type === "radio" && !each.checked) continue;
      if (each.type !== "checkbox") fields[each.name] = each.value;
      else if ("list" in each.dataset) fields[each.name] = [...(fields[each.name] || []), ...(each.checked ? [each.value] : [])];
      else fields[each.name] = each.checked;
    }
    if (button?.name) fields[button.name] = button.value;
    return fields;
  }

  class Part extends HTMLElement {
    connectedCallback() {
      if (getComputedStyle(this).display === "none") return; // not for whoever looks
      if (!this.listening) this.listen();
      this.listening = true;
      this.load({ focus: "asked" in this.dataset });
      this.off = this.dataset.topic && window.Storykin?.live?.on(this.dataset.topic, () => this.isBusy() || this.load());
    }

    disconnectedCallback() {
      clearTimeout(this.later);
      this.off?.();
    }

    isBusy() {
      return this.sending || this.dirty || Boolean(this.querySelector("[data-once], dialog[open]"));
    }

    listen() {
      this.addEventListener("input", () => (this.dirty = true));
      this.addEventListener("submit", (event) => {
        if (event.target.target) return; // a form that opens a page
        event.preventDefault();
        this.send(event.target, event.submitter);
      });
      this.addEventListener("click", (event) => {
        const button = event.target.closest("button");
        if (!button) return;
        if (button.dataset.open) this.querySelector(`#${button.dataset.open}`).showModal();
        if ("close" in button.dataset) button.closest("dialog").close();
        if ("reload" in button.dataset) this.load();
        if ("copy" in button.dataset) this.copy(button);
      });
    }

    async copy(button) {
      const field = this.querySelector(`#${button.dataset.copy}`);
      field.select();
      try {
        await navigator.clipboard.writeText(field.value);
        button.textContent = _("Copied");
      } catch {
        button.textContent = _("Press Ctrl+C"); // no clipboard without https: it is selected
      }
    }

    /** `{focus}`: whoever asked for it goes on at its [data-focus]. */
    async load({ focus = false } = {}) {
      clearTimeout(this.later);
      const turn = (this.turn = (this.turn || 0) + 1);
      try {
        const answer = await fetch(this.getAttribute("src"), { headers: { Accept: "text/html" } });
        const text = answer.ok ? await answer.text() : "";
        if (turn !== this.turn) return;
        if (answer.ok) {
          this.show(text);
          if (focus) this.querySelector("[data-focus]")?.focus();
          return;
        }
        const problem = await answer.json().catch(() => ({}));
        if (turn === this.turn) this.fail(problem.sentence, answer.status);
      } catch {
        if (turn === this.turn) this.fail("", 0);
      }
    }

    fail(sentence, status) {
      if (this.childElementCount && this.dataset.state === "ready") return; // what is shown stays
      const told = Object.assign(document.createElement("p"), { className: "sk-nothing" });
      const words = sentence || _("This part could not be loaded. It comes by itself as soon as the studio answers.");
      words.split("`").forEach((each, at) => { // a command stands between backticks
        told.append(at % 2 ? Object.assign(document.createElement("code"), { textContent: each }) : each);
      });
      this.replaceChildren(told);
      this.dataset.state = "away";
      // What isn't there, or isn't for whoever looks, is so in a while too.
      if (status !== 403 && status !== 404) this.later = setTimeout(() => this.isConnected && this.load(), AGAIN_MS);
    }

    show(html) {
      this.turn += 1;
      this.innerHTML = html;
      this.dirty = false;
      this.dataset.state = "ready";
      this.dataset.rev = String(Number(this.dataset.rev || 0) + 1);
    }

    async send(form, button) {
      if (this.sending) return;
      const alert = form.querySelector("[data-slot=alert]");
      alert.textContent = "";
      this.sending = true;
      const buttons = [...form.querySelectorAll("button")].filter((each) => !each.disabled);
      const body = JSON.stringify(told(form, button));
      for (const each of buttons) each.disabled = true;
      try {
        const answer = await fetch(form.getAttribute("action"), {
          method: "POST",
          headers: { "Content-Type": "application/json" },
          body,
        });
        if (answer.ok) {
          this.show(await answer.text());
          this.querySelector("[data-focus]")?.focus();
          this.dispatchEvent(new CustomEvent("sk-saved", { bubbles: true }));
          return;
        }
        const problem = await answer.json().catch(() => ({}));
        alert.textContent = problem.sentence || _("That did not work. Nothing was changed; try again.");
      } catch {
        alert.textContent = _("The studio did not answer. It may have been done all the same: reload the page to see.");
      } finally {
        this.sending = false;
        for (const each of buttons) each.disabled = false;
      }
    }
  }

  customElements.define("sk-part", Part);
})();
