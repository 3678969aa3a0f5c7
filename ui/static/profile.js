// <sk-fragment src="/character/…/profile">: a part of the page that comes from a route of its own and is
// edited in place. Forms inside are sent as JSON, only with what was changed; an answer is the same part anew.
// What is being typed is never overwritten: news of the character wait until the form is saved or left.
(() => {
  "use strict";
  if (customElements.get("sk-fragment")) return;

  const _ = (text) => (window.Storykin?._ ? window.Storykin._(text) : text);
  const AWAY = _("The studio does not answer. Nothing you wrote is lost: try again.");
  const HEX = /^#[0-9a-f]{6}$/i;

  const chips = (list) => [...list.querySelectorAll("[data-chip]")].map((each) => each.dataset.chip);

  function chip(text) {
    const item = document.createElement("li");
    item.dataset.chip = text;
    item.textContent = text;
    const remove = Object.assign(document.createElement("button"), { type: "button", textContent: "×" });
    remove.className = "sk-write sk-remove";
    remove.dataset.do = "remove-chip";
    remove.setAttribute("aria-label", _("Remove %(what)s").replace("%(what)s", () => text));
    item.append(remove);
    return item;
  }

  function addChip(input) {
    const text = input.value.trim();
    const list = input.closest("[data-chips]");
    input.value = "";
    if (!text || chips(list).includes(text)) return;
    input.closest("li").before(chip(text));
  }

  /** What differs from what was there, as the route of a profile takes it. */
  function profileDocument(form) {
    const attributes = {};
    for (const row of form.querySelectorAll("[data-trait]")) {
      const told = {};
      for (const field of row.querySelectorAll("[data-was]")) {
        if (field.value.trim() !== field.dataset.was) told[field.name] = field.value.trim() || null;
      }
      if (Object.keys(told).length) attributes[row.dataset.trait] = told;
    }
    const document_ = { based_on: Number(form.dataset.basedOn), attributes };
    const phrases = form.querySelector('[data-chips="do_not_change"]');
    if (form.dataset.phrases !== JSON.stringify(chips(phrases))) document_.do_not_change = chips(phrases);
    const swatches = [...form.querySelectorAll("[data-swatch]")];
    const fields = swatches.flatMap((each) => [...each.querySelectorAll("[data-was]")]);
    if (fields.some((field) => field.value.trim() !== field.dataset.was)) {
      document_.palette = swatches.map((each) => ({
        part: each.dataset.part,
        name: each.querySelector('[name="palette-name"]').value,
        hex: each.querySelector('[name="palette-hex"]').value.trim(),
      }));
    }
    return document_;
  }

  function detailsDocument(form) {
    const told = {};
    for (const name of ["name", "notes"]) {
      const field = form.elements[name];
      if (field.value !== field.dataset.was) told[name] = field.value;
    }
    const gender = form.querySelector('[name="gender"]:checked');
    if (gender && !gender.dataset.was) told.gender = gender.value;
    const styles = [...form.querySelectorAll('[name="styles"]')];
    if (styles.some((each) => each.checked !== Boolean(each.dataset.was))) {
      told.styles = styles.filter((each) => each.checked).map((each) => each.value);
    }
    const tags = form.querySelector('[data-chips="tags"]');
    if (chips(tags).join("\n") !== tags.dataset.was) told.tags = chips(tags);
    return told;
  }

  class Fragment extends HTMLElement {
    connectedCallback() {
      if (!this.listening) this.listen();
      this.listening = true;
      this.load();
      const topic = this.dataset.topic;
      this.off = topic && window.Storykin?.live?.on(topic, () => this.isBusy() || this.load());
    }

    disconnectedCallback() {
      this.off?.();
    }

    listen() {
      this.addEventListener("click", (click) => this.click(click));
      this.addEventListener("submit", (event) => {
        event.preventDefault();
        if ("compare" in event.target.dataset) this.compare(event.target);
        else this.save(event.target);
      });
      this.addEventListener("input", (event) => this.typed(event.target));
      this.addEventListener("keydown", (press) => {
        const adding = press.target.dataset?.add;
        if (press.key === "Enter" && adding) {
          press.preventDefault();
          addChip(press.target);
          this.dirty = true;
        } else if (press.key === "Escape" && this.querySelector("form[data-editing][data-kind=profile]")) {
          this.load();
        }
      });
    }

    isBusy() {
      const adding = [...this.querySelectorAll("[data-add]")].some((input) => input.value.trim());
      const editing = this.querySelector('form[data-kind="profile"][data-editing]') !== null;
      return this.dirty || this.saving || adding || editing;
    }

    async load(query = "") {
      const turn = (this.turn = (this.turn || 0) + 1);
      const wasBusy = this.isBusy(); // then whoever asked for it knows what goes
      try {
        const answer = await fetch(this.getAttribute("src") + query, { headers: { Accept: "text/html" } });
        if (!answer.ok) throw new Error(String(answer.status));
        const html = await answer.text();
        // Meanwhile somebody has begun to write, has saved, or has asked for another version.
        if (turn !== this.turn || (this.isBusy() && !wasBusy)) return;
        this.show(html);
      } catch {
        if (!this.childElementCount) this.textContent = _("This part could not be loaded. Reload the page.");
      }
    }

    show(html) {
      const open = this.querySelector("details")?.open;
      this.innerHTML = html;
      this.turn += 1; // an older answer that is still on its way comes too late
      this.dirty = false;
      const phrases = this.querySelector('[data-chips="do_not_change"]');
      if (phrases) phrases.closest("form").dataset.phrases = JSON.stringify(chips(phrases));
      if (open) this.querySelector("details").open = true;
      this.dataset.state = "ready";
    }

    compare(form) {
      this.load(`?compare=${form.elements.older.value}-${form.elements.newer.value}`);
    }

    edit() {
      const form = this.querySelector('form[data-kind="profile"]');
      form.dataset.editing = "";
      this.querySelector('[data-do="edit"]').hidden = true;
      form.querySelector("[data-trait] [name=value]")?.focus();
      return form;
    }

    click(click) {
      const button = click.target.closest("[data-do]");
      if (!button) return;
      const { do: what, name, value, hex, newest } = button.dataset;
      if (what === "edit") this.edit();
      else if (what === "reload") this.load();
      else if (what === "remove-chip") {
        const list = button.closest("[data-chips]");
        button.closest("li").remove();
        this.dirty = true;
        list.querySelector("[data-add]")?.focus();
      } else if (what === "choose") {
        const row = this.edit().querySelector(`[data-trait="${name}"]`);
        row.querySelector("[name=value]").value = value;
        row.querySelector("[name=hex]").value = hex;
        this.save(row.closest("form"));
      } else if (what === "save-on-top") {
        const form = button.closest("form");
        form.dataset.basedOn = newest;
        this.save(form);
      }
    }

    typed(field) {
      if (field.dataset.add || "add" in field.dataset) return;
      this.dirty = true;
      const pair = field.closest("[data-color]");
      if (!pair) return;
      const picker = pair.querySelector('input[type="color"]');
      const text = pair.querySelector('[name="hex"], [name="palette-hex"]');
      if (field === picker) text.value = picker.value;
      else if (field === text && HEX.test(text.value.trim())) picker.value = text.value.trim().toLowerCase();
    }

    async save(form) {
      for (const input of form.querySelectorAll("[data-add]")) addChip(input);
      const alert = form.querySelector('[data-slot="alert"]');
      const button = form.querySelector('[type="submit"]');
      alert.textContent = "";
      const told = form.dataset.kind === "profile" ? profileDocument(form) : detailsDocument(form);
      this.saving = true;
      button.disabled = true;
      this.querySelector('[data-slot="said"]').textContent = _("Saving …");
      try {
        const answer = await fetch(form.dataset.action, {
          method: "POST",
          headers: { "Content-Type": "application/json" },
          body: JSON.stringify(told),
        });
        if (answer.ok) {
          this.show(await answer.text());
          this.dispatchEvent(new CustomEvent("sk-saved", { bubbles: true }));
          return;
        }
        const problem = await answer.json().catch(() => ({}));
        this.querySelector('[data-slot="said"]').textContent = "";
        if (problem.html) this.conflict(form, problem.html);
        else alert.textContent = problem.sentence || AWAY;
      } catch {
        this.querySelector('[data-slot="said"]').textContent = "";
        alert.textContent = AWAY;
      } finally {
        this.saving = false;
        button.disabled = false;
      }
    }

    conflict(form, html) {
      const slot = form.querySelector('[data-slot="conflict"]');
      slot.innerHTML = html;
      slot.querySelector("button")?.focus();
    }
  }

  customElements.define("sk-fragment", Fragment);
})();
