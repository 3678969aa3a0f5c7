// Two pictures over each other, aligned on the eyes, at the same zoom: by a slider, side by side, or as their
// difference. Storykin.compare([{ name, url, width, height, eyes }, …], left, right); eyes: "x y x y" or "".
(() => {
  "use strict";
  const studio = (window.Storykin ||= {});
  if (studio.compare) return;
  const _ = (text) => (studio._ ? studio._(text) : text);

  const EYES_APART = 0.2; // of the window's width
  const EYES_DOWN = 0.46; // of its height
  const LARGEST = 7; // times the window's width
  const MOST_TURNED = 25; // degrees

  /** Lays `img` into its window (of `tall` heights to a width) so that its eyes come where all eyes come. */
  studio.alignEyes = (img, eyes, tall) => {
    const [x1, y1, x2, y2] = (eyes || "").split(" ").map(Number);
    const shape = img.getAttribute("height") / img.getAttribute("width");
    const apart = Math.hypot(x2 - x1, (y2 - y1) * shape);
    if (!(apart > 0.005) || !shape) {
      img.removeAttribute("style");
      return false;
    }
    const scale = Math.min(LARGEST, (EYES_APART * Math.min(1, tall * 0.75)) / apart); // wide windows: by their height
    const [mx, my] = [(x1 + x2) / 2, (y1 + y2) / 2];
    const turned = (Math.atan2((y2 - y1) * shape, x2 - x1) * 180) / Math.PI;
    const turn = Math.abs(turned) > 1.5 ? -Math.max(-MOST_TURNED, Math.min(MOST_TURNED, turned)) : 0;
    img.style.cssText = `position:absolute;max-width:none;object-fit:fill;width:${scale * 100}%;height:auto;`
      + `left:${(0.5 - mx * scale) * 100}%;top:${(EYES_DOWN - (my * shape * scale) / tall) * 100}%;`
      + `transform:rotate(${turn}deg);transform-origin:${mx * 100}% ${my * 100}%`;
    return true;
  };

  let dialog = null;
  let pictures = [];
  let glass = null;
  const part = (name) => dialog.querySelector(`[data-part=${name}]`);

  function build() {
    dialog = document.createElement("dialog");
    dialog.className = "sk-dialog sk-comparison";
    dialog.dataset.testid = "comparison";
    dialog.setAttribute("aria-labelledby", "sk-comparison-title");
    const words = {
      title: _("Compare"), left: _("Left"), right: _("Right"), close: _("Close"), how: _("How"), zoom: _("Zoom"),
      view: _("The two pictures: plus and minus zoom, arrow keys move"), split: _("Left shows"),
      slider: _("Slider"), beside: _("Side by side"), difference: _("Difference"),
    };
    dialog.innerHTML = `
      <div class="sk-comparison-head">
        <h2 id="sk-comparison-title">${words.title}</h2>
        <label>${words.left} <select data-part="left"></select></label>
        <label>${words.right} <select data-part="right"></select></label>
        <button type="button" class="sk-button" data-part="close" aria-label="${words.close}">✕</button>
      </div>
      <div class="sk-comparison-view" data-part="view" data-mode="slider" tabindex="0" role="group" aria-label="${words.view}">
        <div class="sk-comparison-pane" data-part="under"><div data-part="underPan"><img alt=""></div></div>
        <div class="sk-comparison-pane" data-part="over"><div data-part="overPan"><img alt=""></div></div>
        <span class="sk-comparison-line" aria-hidden="true"></span>
      </div>
      <div class="sk-comparison-foot">
        <label class="sk-comparison-split">${words.split} <input type="range" min="0" max="100" value="50" data-part="split"></label>
        <fieldset class="sk-modes"><legend class="sk-hidden">${words.how}</legend>
          <label><input type="radio" name="sk-mode" value="slider" checked> ${words.slider}</label>
          <label><input type="radio" name="sk-mode" value="beside"> ${words.beside}</label>
          <label><input type="radio" name="sk-mode" value="difference"> ${words.difference}</label>
        </fieldset>
        <label>${words.zoom} <input type="range" min="1" max="8" step="0.1" value="1" data-part="zoom"></label>
      </div>`;
    const view = part("view");
    glass = studio.panzoom(view, ({ scale, x, y }) => {
      for (const name of ["underPan", "overPan"]) part(name).style.transform = `translate(${x}px, ${y}px) scale(${scale})`;
      part("zoom").value = scale;
    });
    part("split").addEventListener("input", (input) => view.style.setProperty("--split", `${input.target.value}%`));
    part("zoom").addEventListener("input", (input) => glass.zoom(Number(input.target.value)));
    part("close").addEventListener("click", () => studio.shut(dialog));
    for (const side of ["left", "right"]) part(side).addEventListener("change", show);
    dialog.addEventListener("change", (change) => {
      if (change.target.name !== "sk-mode") return;
      view.dataset.mode = change.target.value;
      part("split").disabled = change.target.value !== "slider";
      show();
    });
    dialog.addEventListener("keydown", (press) => {
      press.stopPropagation();
      if (press.key === "Escape") press.preventDefault();
      if (press.key === "Escape" || (press.key.toLowerCase() === "c" && !press.target.matches("select"))) studio.shut(dialog);
      else if (press.target === view) glass.key(press);
    });
    (document.querySelector(".gradio-container") || document.body).append(dialog);
  }

  function show() {
    const view = part("view");
    const beside = view.dataset.mode === "beside";
    for (const [side, pane] of [["left", "over"], ["right", "under"]]) {
      const shown = pictures[part(side).value];
      const img = part(pane).querySelector("img");
      for (const name of ["width", "height"]) img.setAttribute(name, shown[name]);
      if (img.getAttribute("src") !== shown.url) img.src = shown.url;
      img.alt = shown.name;
      part(pane).dataset.name = shown.name;
      const box = part(pane).getBoundingClientRect();
      studio.alignEyes(img, shown.eyes, box.height / box.width || 1);
    }
    view.classList.toggle("sk-beside", beside);
  }

  /** Opens with pictures number `left` and `right` of `those`. */
  studio.compare = (those, left = 0, right = 1) => {
    if (!dialog?.isConnected) build();
    pictures = those;
    for (const [side, chosen] of [["left", left], ["right", right]]) {
      part(side).replaceChildren(...those.map((each, at) => new Option(each.name, at, at === chosen, at === chosen)));
    }
    dialog.showModal();
    glass.reset();
    show();
    part("split").focus();
  };
})();
