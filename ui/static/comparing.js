// The Compare tab: any two pictures of a character, or of two models, in the box of compare.js.
(() => {
  "use strict";
  const studio = (window.Storykin ||= {});
  if (studio.comparing) return;
  studio.comparing = true;

  document.addEventListener("click", async (click) => {
    const button = click.target.closest?.("[data-compare-pair]");
    const place = button?.closest("[data-compare-pictures]");
    if (!place || button.getAttribute("aria-busy") === "true") return;
    const pictures = JSON.parse(place.dataset.comparePictures);
    button.setAttribute("aria-busy", "true");
    try {
      // Where the eyes are is known to the studio; without an answer the pictures are compared as they are.
      const answer = await fetch(`${studio.root}/review/eyes?id=${encodeURIComponent(place.dataset.character)}`);
      const eyes = answer.ok ? await answer.json() : {};
      for (const each of pictures) each.eyes = eyes[each.id] || "";
    } catch {
      for (const each of pictures) each.eyes = "";
    } finally {
      button.removeAttribute("aria-busy");
    }
    const at = (id) => Math.max(0, pictures.findIndex((each) => each.id === id));
    const [left, right] = button.dataset.comparePair.split(" ");
    studio.compare(pictures, at(left), at(right));
  });
})();
