// A picture as large as the window, with zoom and pan: Storykin.lightbox(url, alt). Anything with
// data-lightbox="URL" (and data-alt) opens it. A native dialog: it keeps the focus, Esc closes it, and the
// focus goes back to where it was.
(() => {
  "use strict";
  const studio = (window.Storykin ||= {});
  if (studio.lightbox) return;

  const _ = (text) => (studio._ ? studio._(text) : text);
  const MOST = 8;
  const KEY_STEP = 60; // pixels

  /** Closes a dialog so that the very next key is the page's: a browser takes the focus out of it only later. */
  studio.shut = (dialog) => {
    dialog.close();
    if (dialog.contains(document.activeElement)) document.activeElement.blur();
  };

  /** Zoom and pan of what is in `view`: by wheel, drag, pinch, keys. `paint({ scale, x, y })` shows it. */
  studio.panzoom = (view, paint) => {
    let at = { scale: 1, x: 0, y: 0 };
    const fingers = new Map();
    const set = (next) => {
      const scale = Math.min(MOST, Math.max(1, next.scale));
      const [w, h] = [view.clientWidth, view.clientHeight];
      const within = (value, size) => Math.min(0, Math.max(size * (1 - scale), value));
      at = { scale, x: within(next.x, w), y: within(next.y, h) };
      view.classList.toggle("sk-zoomed", scale > 1);
      paint(at);
    };
    /** To `scale`, with the point (x, y) of the view staying where it is. */
    const zoom = (scale, x = view.clientWidth / 2, y = view.clientHeight / 2) => {
      const to = Math.min(MOST, Math.max(1, scale));
      const grown = to / at.scale;
      set({ scale: to, x: x - (x - at.x) * grown, y: y - (y - at.y) * grown });
    };
    const place = (event) => {
      const box = view.getBoundingClientRect();
      return [event.clientX - box.left, event.clientY - box.top];
    };
    view.addEventListener("wheel", (event) => {
      event.preventDefault();
      zoom(at.scale * Math.exp(-event.deltaY / 400), ...place(event));
    }, { passive: false });
    view.addEventListener("dblclick", (event) => zoom(at.scale > 1 ? 1 : 3, ...place(event)));
    view.addEventListener("pointerdown", (event) => {
      if (event.target.closest("button, input, select")) return;
      view.setPointerCapture(event.pointerId);
      fingers.set(event.pointerId, place(event));
    });
    view.addEventListener("pointermove", (event) => {
      const before = fingers.get(event.pointerId);
      if (!before) return;
      const now = place(event);
      if (fingers.size === 1) set({ ...at, x: at.x + now[0] - before[0], y: at.y + now[1] - before[1] });
      else {
        const other = [...fingers].find(([id]) => id !== event.pointerId)[1];
        const apart = (one) => Math.hypot(one[0] - other[0], one[1] - other[1]) || 1;
        zoom(at.scale * apart(now) / apart(before), (now[0] + other[0]) / 2, (now[1] + other[1]) / 2);
      }
      fingers.set(event.pointerId, now);
    });
    for (const end of ["pointerup", "pointercancel"]) view.addEventListener(end, (event) => fingers.delete(event.pointerId));
    const keys = {
      "+": () => zoom(at.scale * 1.4), "=": () => zoom(at.scale * 1.4), "-": () => zoom(at.scale / 1.4), 0: () => zoom(1),
      ArrowLeft: () => set({ ...at, x: at.x + KEY_STEP }), ArrowRight: () => set({ ...at, x: at.x - KEY_STEP }),
      ArrowUp: () => set({ ...at, y: at.y + KEY_STEP }), ArrowDown: () => set({ ...at, y: at.y - KEY_STEP }),
    };
    return {
      zoom, reset: () => set({ scale: 1, x: 0, y: 0 }), scale: () => at.scale,
      key(event) {
        const act = !event.ctrlKey && !event.metaKey && !event.altKey && keys[event.key];
        if (!act) return false;
        event.preventDefault();
        act();
        return true;
      },
    };
  };

  let dialog = null;
  let glass = null;

  function build() {
    dialog = document.createElement("dialog");
    dialog.className = "sk-lightbox";
    dialog.dataset.testid = "lightbox";
    const words = { out: _("Smaller"), in: _("Larger"), all: _("The whole picture"), whole: _("Whole"), close: _("Close") };
    dialog.innerHTML = `
      <div class="sk-lightbox-view"><img alt="" draggable="false"></div>
      <div class="sk-lightbox-bar">
        <span class="sk-lightbox-name"></span>
        <button type="button" data-way="out" aria-label="${words.out}">−</button>
        <button type="button" data-way="whole" aria-label="${words.all}">${words.whole}</button>
        <button type="button" data-way="in" aria-label="${words.in}">+</button>
        <button type="button" data-way="close" aria-label="${words.close}">✕</button>
      </div>`;
    const view = dialog.querySelector(".sk-lightbox-view");
    const picture = dialog.querySelector("img");
    glass = studio.panzoom(view, ({ scale, x, y }) => (picture.style.transform = `translate(${x}px, ${y}px) scale(${scale})`));
    const ways = { out: () => glass.zoom(glass.scale() / 1.6), in: () => glass.zoom(glass.scale() * 1.6), whole: () => glass.reset(), close: () => studio.shut(dialog) };
    dialog.addEventListener("click", (click) => ways[click.target.closest("[data-way]")?.dataset.way]?.());
    dialog.addEventListener("keydown", (press) => {
      press.stopPropagation(); // the page's own keys rest meanwhile
      if (press.key === "Escape") press.preventDefault(); // at once: the browser's own way comes after the next key
      if (["z", "escape"].includes(press.key.toLowerCase())) studio.shut(dialog);
      else glass.key(press);
    });
    dialog.addEventListener("close", () => picture.removeAttribute("src"));
    (document.querySelector(".gradio-container") || document.body).append(dialog);
  }

  /** Shows the picture at `url`, described by `alt`. */
  studio.lightbox = (url, alt = "") => {
    if (!dialog?.isConnected) build();
    const picture = dialog.querySelector("img");
    picture.src = url;
    picture.alt = alt;
    dialog.setAttribute("aria-label", alt || _("Picture"));
    dialog.querySelector(".sk-lightbox-name").textContent = alt;
    dialog.showModal();
    glass.reset();
    dialog.querySelector("[data-way=close]").focus();
  };

  document.addEventListener("click", (click) => {
    const asked = click.target.closest?.("[data-lightbox]");
    if (!asked) return;
    click.preventDefault();
    studio.lightbox(asked.dataset.lightbox, asked.dataset.alt || asked.querySelector("img")?.alt || asked.alt || "");
  });
})();
