// On the page that asks who somebody is, of a studio that shares its origin with other applications: drafts
// and decisions that this tab has kept are not for whoever comes next. What others keep stays.
(() => {
  "use strict";
  try {
    Object.keys(sessionStorage).filter((name) => name.startsWith("storykin-"))
      .forEach((name) => sessionStorage.removeItem(name));
  } catch { /* forbidden: then nothing was kept */ }
})();
