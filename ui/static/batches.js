// The Batches page: pause, go on, cancel and another budget, each told under its batch; the form that begins one; old
// beside new.
(() => {
  "use strict";
  const studio = (window.Storykin ||= {});
  if (studio.batches) return;
  studio.batches = true;

  async function act(line, what) {
    const told = line.querySelector("[data-batch-told]");
    const buttons = line.querySelectorAll("[data-batch-act], [data-batch-budget] button");
    for (const button of buttons) button.disabled = true;
    const { said } = await studio.send(`${studio.root}/api/batches/${line.dataset.batch}`, what);
    for (const button of buttons) button.disabled = false;
    for (const open of line.querySelectorAll("details[open]")) open.open = false;
    told.dataset.said = said.sentence || studio._("That did not work. Nothing was changed; try again.");
    told.textContent = told.dataset.said;
    line.dispatchEvent(new CustomEvent("sk-look", { bubbles: true }));
  }

  document.addEventListener("click", (click) => {
    const button = click.target.closest?.("[data-batch-act]");
    if (button && !button.disabled) act(button.closest("[data-batch]"), { act: button.dataset.batchAct });
  });
  // Old beside new, in a part of its own below the batches.
  function beside(id, from = "") {
    const part = document.createElement("sk-part");
    part.dataset.asked = ""; // the focus goes along
    const query = from ? `?from=${encodeURIComponent(from)}` : "";
    part.setAttribute("src", `${studio.root}/fragments/batches/${encodeURIComponent(id)}/after${query}`);
    const place = document.getElementById("batch-place");
    place.replaceChildren(part);
    place.scrollIntoView({ block: "start" });
  }
  document.addEventListener("click", (click) => {
    const button = click.target.closest?.("[data-batch-after]");
    if (button) beside(button.dataset.batchAfter, button.dataset.from);
  });

  // What was begun is looked at at once.
  document.addEventListener("sk-saved", () => {
    document.querySelector("[data-overview]")?.dispatchEvent(new CustomEvent("sk-look"));
  });
  document.addEventListener("change", async (event) => {
    const into = event.target.dataset?.readInto;
    const [file] = (into && event.target.files) || [];
    if (!file) return;
    const field = document.getElementById(into);
    field.value = await file.text();
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });
  // A plan is of what was chosen then.
  document.addEventListener("input", (event) => {
    const form = event.target.form;
    const plan = form?.querySelector("[data-plan]");
    if (!plan || plan.contains(event.target)) return;
    plan.remove();
    form.querySelector("[data-slot=alert]").textContent = studio._("What is chosen has changed. Plan it again.");
    form.querySelector("[value=plan]").classList.add("sk-primary");
  });
  document.addEventListener("submit", (event) => {
    if (!event.target.matches?.("[data-batch-budget]")) return;
    event.preventDefault();
    act(event.target.closest("[data-batch]"), { act: "budget", budget: event.target.elements.budget.value });
  });
})();
