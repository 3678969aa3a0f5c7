// What can be done with the characters that are selected: each thing says how many it means and what it costs
// before it runs. Storykin.bulk.show(bar, selection)
(() => {
  "use strict";
  const studio = (window.Storykin ||= {});
  if (studio.bulk) return;

  let now = null; // the selection that is shown
  let dialog = null;

  function fill(bar) {
    const offered = document.querySelector("[data-bulk-offers]");
    bar.innerHTML = "";
    bar.append(offered.content.cloneNode(true));
    dialog = bar.querySelector("dialog");
    bar.after(dialog); // it stays while the bar goes
    bar.addEventListener("click", (event) => {
      const button = event.target.closest("[data-bulk]");
      if (!button) return;
      if (button.dataset.bulk === "clear") return now.clear();
      if (button.dataset.bulk === "everyone") return now.pickEveryone();
      if (button.dataset.bulk === "download") return download(button);
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
    // What is downloaded is named one by one.
    bar.querySelector("[data-bulk=download]").hidden = selection.everyone;
    everyone.hidden = selection.everyone || selection.total <= selection.ids.length;
    everyone.querySelector("b").textContent = selection.total.toLocaleString(document.documentElement.lang || "en");
  }

  function asked(bar, action) {
    const whom = now.everyone ? { address: now.search } : { ids: now.ids };
    const style = action === "draw" ? bar.querySelector("[data-bulk-style]").value : "";
    return { action, style, ...whom };
  }

  async function ask(bar, action) {
    const [told, more, yes] = ["told", "more", "yes"].map((name) => dialog.querySelector(`[data-bulk-${name}]`));
    const what = asked(bar, action);
    const { done } = now;
    told.textContent = "…";
    more.replaceChildren();
    yes.hidden = true;
    dialog.dataset.state = "asking";
    dialog.showModal();
    const { ok, said } = await studio.send("/api/characters/bulk/plan", what);
    tell(told, more, said);
    yes.hidden = !ok || !said.count;
    dialog.dataset.state = "asked";
    yes.onclick = async () => {
      yes.disabled = true;
      const answer = await studio.send("/api/characters/bulk", { ...what, agreed: said.microusd });
      yes.disabled = false;
      yes.hidden = true;
      tell(told, more, answer.said);
      dialog.dataset.state = answer.ok ? "done" : "refused";
      if (answer.ok) now.clear();
      done();
    };
  }

  /** The selected characters as one ZIP. What is refused is told over the list, and stays selected. */
  async function download(button) {
    if (button.getAttribute("aria-busy") === "true") return;
    button.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch("/downloads/selection.zip", {
        method: "POST",
        body: new URLSearchParams({ ids: now.ids.join(" ") }),
      });
      if (answer.ok) await studio.saveFile(answer);
      else refuse(await answer.json().catch(() => ({})));
    } catch {
      refuse({ sentence: "The studio does not answer just now. Try again." });
    } finally {
      button.removeAttribute("aria-busy");
    }
  }

  function refuse(said) {
    const [told, more, yes] = ["told", "more", "yes"].map((name) => dialog.querySelector(`[data-bulk-${name}]`));
    tell(told, more, said);
    yes.hidden = true;
    dialog.dataset.state = "refused";
    dialog.showModal();
  }

  function tell(told, more, said) {
    told.textContent = said.sentence || "That did not work. Nothing was changed; try again.";
    more.replaceChildren(...(said.left_out || []).map((sentence) => {
      const line = document.createElement("li");
      line.textContent = sentence;
      return line;
    }));
  }

  studio.bulk = { show };
})();
