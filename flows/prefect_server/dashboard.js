// Prefect's dashboard keeps the password it was told in this origin's local storage, which pages of no other
// port can read (a cookie would go to every port of this machine), and sends it to this origin alone.
(() => {
  "use strict";
  const KEY = "prefect-password";
  const here = location.pathname === "/storykin/sign-in";
  const signIn = () => {
    const next = location.pathname + location.search;
    location.replace("/storykin/sign-in?" + new URLSearchParams({ next }));
  };
  if (!here) {
    addEventListener("auth:unauthorized", signIn); // the dashboard has just forgotten a password that is over
    if (!localStorage.getItem(KEY)) signIn();
    return;
  }
  const given = new URLSearchParams(location.search).get("next") || "/";
  const next = new URL(given, location.origin).origin === location.origin ? given : "/";
  const ticket = location.hash.slice(1);
  history.replaceState(null, "", location.pathname + location.search);
  if (!ticket) return;
  fetch("/storykin/session", { method: "POST", headers: { "Content-Type": "text/plain" }, body: ticket })
    .then((answer) => answer.ok ? answer.text() : Promise.reject(answer))
    .then((password) => {
      localStorage.setItem(KEY, btoa(password));
      location.replace(next);
    })
    .catch(() => { document.querySelector("#why").textContent = "This way in was used or is over."; });
})();
