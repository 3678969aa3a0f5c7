// Light or dark, before anything is painted: the system's wish until the person chooses at the top bar.
(() => {
  "use strict";
  const KEY = "storykin-theme";
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");
  const chosen = () => {
    try {
      return localStorage.getItem(KEY);
    } catch {
      return null; // storage is forbidden: the system's wish it is
    }
  };
  const isDark = () => (chosen() || (system.matches ? "dark" : "light")) === "dark";

  function show() {
    const wish = chosen();
    if (wish === "dark" || wish === "light") root.dataset.theme = wish;
    else delete root.dataset.theme;
    for (const each of document.querySelectorAll("[data-theme-switch]")) {
      each.setAttribute("aria-pressed", String(isDark()));
    }
  }

  document.addEventListener("click", (click) => {
    if (!click.target.closest?.("[data-theme-switch]")) return;
    const wish = isDark() ? "light" : "dark";
    try {
      // What the system wants anyway is not kept: the page then follows the system again.
      if (wish === (system.matches ? "dark" : "light")) localStorage.removeItem(KEY);
      else localStorage.setItem(KEY, wish);
    } catch {
      root.dataset.theme = wish;
      return;
    }
    show();
  });
  addEventListener("storage", (change) => change.key === KEY && show());
  system.addEventListener("change", show);
  show();

  // Gradio's class for dark would bring its own colours beside ours. It comes late and the top bar later still.
  new MutationObserver(() => {
    // Asked first: removing what is not there still counts as a change, and would call this again for ever.
    if (document.body?.classList.contains("dark")) document.body.classList.remove("dark");
    const button = document.querySelector("[data-theme-switch]");
    if (button && button.getAttribute("aria-pressed") !== String(isDark())) show();
  }).observe(root, { attributes: true, attributeFilter: ["class"], childList: true, subtree: true });
})();
