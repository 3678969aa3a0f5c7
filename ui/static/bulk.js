// What can be done with the characters that are selected: each thing says how many it means and what it costs
// before it runs. Storykin.bulk.show(bar, selection)
(() => {
  "use strict";
  const studio = (window.Storykin ||= {});
  if (studio.bulk) return;
  const _ = (text) => (studio._ ? studio._(text) : text);

  // What can be had of a selection: in which form, and what of it.
  const FILES = {
    download: { form: "zip" },
    favourites: { form: "zip", only: "favourites" },
    sheet: { form: "pdf" },
  };

  let now = null; // the selection that is shown
  let dialog = null;
  let files = 0; // asked for by a form

  function fill(bar) {
    const offered = document.querySelector("[data-bulk-offers]");
    bar.innerHTML = "";
    bar.append(offered.content.cloneNode(true));
    dialog = bar.querySelector("dialog");
    bar.after(dialog); // it stays while the bar goes
    dialog.addEventListener("keydown", (press) => {
      if (press.key !== "Enter" || press.target.tagName !== "INPUT") return;
      press.preventDefault(); // it would close the box
      if (!part("yes").hidden) part("yes").click();
    });
    bar.addEventListener("click", (event) => {
      const button = event.target.closest("[data-bulk]");
      if (!button) return;
      bar.querySelector("[data-bulk-menu]").removeAttribute("open");
      if (button.dataset.bulk === "clear") return now.clear();
      if (button.dataset.bulk === "everyone") return now.pickEveryone();
      const file = FILES[button.dataset.bulk];
      if (file) return download(button, file);
      ask(bar, button.dataset.bulk);
    });
    bar.dataset.filled = "yes";
  }

  function show(bar, selection) {
    now = selection;
    const count = selection.everyone ? selection.total : selection.ids.length;
    if (!bar.dataset.filled) {
      if (!count) return;
      fill(bar);
    }
    bar.hidden = !count;
    bar.querySelector("[data-bulk-count]").textContent = count.toLocaleString(document.documentElement.lang || "en");
    const everyone = bar.querySelector("[data-bulk=everyone]");
    everyone.hidden = selection.everyone || selection.total <= selection.ids.length;
    everyone.querySelector("b").textContent = selection.total.toLocaleString(document.documentElement.lang || "en");
  }

  const part = (name) => dialog.querySelector(`[data-bulk-${name}]`);
  const written = (name) => part(name).querySelector("input").value.trim();

  const whom = () => (now.everyone ? { address: now.search } : { ids: now.ids });

  function asked(bar, action) {
    const style = action === "draw" ? bar.querySelector("[data-bulk-style]").value : "";
    const tagging = action === "tag" || action === "untag";
    return { action, style, ...(tagging ? { tag: written("tag") } : {}), ...whom() };
  }

  /** Says what it would do, and does it once the person agrees. A tag is asked for first, in the same box. */
  function ask(bar, action) {
    const tagging = action === "tag" || action === "untag";
    for (const name of ["tag", "confirm"]) part(name).querySelector("input").value = "";
    part("tag").hidden = !tagging;
    part("confirm").hidden = true;
    part("more").replaceChildren();
    part("yes").hidden = true;
    part("yes").classList.toggle("sk-danger", action === "erase");
    part("told").textContent = tagging ? _("Which tag?") : "…";
    dialog.dataset.state = "asking";
    if (!dialog.open) dialog.showModal();
    if (!tagging) return plan(bar, action);
    const known = [...document.querySelectorAll("#list-tag option")].map((each) => each.value).filter(Boolean);
    part("tag").querySelector("datalist").replaceChildren(...known.map((value) => new Option(value)));
    const field = part("tag").querySelector("input");
    let resting = 0;
    field.oninput = () => {
      clearTimeout(resting);
      part("yes").hidden = true;
      dialog.dataset.state = "asking";
      if (field.value.trim()) resting = setTimeout(plan, 250, bar, action);
      else part("told").textContent = _("Which tag?");
    };
    field.focus();
  }

  let turn = 0;
  async function plan(bar, action) {
    const mine = ++turn;
    const what = asked(bar, action);
    const { done } = now;
    const { ok, said } = await studio.send(`${studio.root}/api/characters/bulk/plan`, what);
    if (mine !== turn) return; // typed on meanwhile
    tell(said, said.meaning);
    const yes = part("yes");
    yes.hidden = !ok || !said.count;
    yes.disabled = false;
    if (action === "erase" && !yes.hidden) {
      const field = part("confirm").querySelector("input");
      part("confirm").hidden = false;
      yes.disabled = true;
      field.oninput = () => (yes.disabled = field.value.trim() !== String(said.count));
      field.focus();
    }
    dialog.dataset.state = "asked";
    yes.onclick = async () => {
      const confirmed = action === "erase" ? { confirmed: Number(written("confirm")) } : {};
      yes.disabled = true;
      dialog.dataset.state = "doing";
      const answer = await studio.send(`${studio.root}/api/characters/bulk`, { ...what, agreed: said.microusd, ...confirmed });
      yes.disabled = false;
      yes.hidden = true;
      part("tag").hidden = part("confirm").hidden = true;
      tell(answer.said, answer.said.afterwards);
      dialog.dataset.state = answer.ok ? "done" : "refused";
      if (answer.ok) now.clear();
      done();
    };
  }

  const AWAY = _("The studio does not answer just now. Try again.");

  /**
   * The selected characters as one file. What is refused is told over the list, and stays selected.
   * A ZIP can be larger than any memory: whether it can be made is asked first, then the browser saves it as it comes.
   */
  async function download(button, { form, only = "" }) {
    if (button.getAttribute("aria-busy") === "true") return;
    button.setAttribute("aria-busy", "true");
    try {
      const { address, ids } = whom();
      const fields = { ...(ids ? { ids: ids.join(" ") } : { address }), only };
      const url = `${studio.root}/downloads/selection.${form}`;
      const asking = form === "zip" ? { ask: "yes" } : {};
      const answer = await fetch(url, { method: "POST", body: new URLSearchParams({ ...fields, ...asking }) });
      if (!answer.ok) refuse(await answer.json().catch(() => ({})));
      else if (form === "zip") saveAsItComes(url, fields);
      else await studio.saveFile(answer);
    } catch {
      refuse({ sentence: AWAY });
    } finally {
      button.removeAttribute("aria-busy");
    }
  }

  /** Sends the fields as a form of the page into a frame that nobody sees: what is answered is a file to save. */
  function saveAsItComes(url, fields) {
    const name = `sk-file-${++files}`;
    const frame = Object.assign(document.createElement("iframe"), { name, hidden: true });
    const form = Object.assign(document.createElement("form"), { action: url, method: "post", target: name, hidden: true });
    for (const [name, value] of Object.entries(fields)) {
      form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
    }
    document.body.append(frame, form);
    form.submit();
    form.remove();
    frame.addEventListener("load", () => {
      if (!isEmpty(frame)) refuse({ sentence: AWAY }); // a page is no file: something went wrong since it was asked
    });
  }

  function isEmpty(frame) {
    try {
      return frame.contentWindow.location.href === "about:blank";
    } catch {
      return false; // a browser's own page of errors
    }
  }

  function refuse(said) {
    tell(said);
    for (const name of ["tag", "confirm", "yes"]) part(name).hidden = true;
    dialog.dataset.state = "refused";
    dialog.showModal();
  }

  function tell(said, more = []) {
    part("told").textContent = said.sentence || _("That did not work. Nothing was changed; try again.");
    part("more").replaceChildren(...[...(more || []), ...(said.left_out || [])].map((sentence) => {
      const line = document.createElement("li");
      line.textContent = sentence;
      return line;
    }));
  }

  studio.bulk = { show };
})();
