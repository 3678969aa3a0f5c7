// Puts new HTML from the server into a part of the page and changes only what is different, so that focus,
// selection, scroll position and pictures that stand stay as they are: Storykin.morph(element, html).
// Children with an `id` keep their identity wherever they move to.
(() => {
  "use strict";
  const studio = (window.Storykin ||= {});
  if (studio.morph) return;

  const KEPT_OPEN = "DETAILS DIALOG"; // whether these are open is the person's, once they are there

  function attributes(from, to) {
    for (const { name } of [...from.attributes]) {
      if (to.hasAttribute(name) || (name === "open" && KEPT_OPEN.includes(from.nodeName))) continue;
      from.removeAttribute(name);
    }
    for (const { name, value } of to.attributes) {
      if (name === "open" && KEPT_OPEN.includes(from.nodeName)) continue;
      if (from.getAttribute(name) !== value) from.setAttribute(name, value);
    }
  }

  /** What a control says is the server's word, unless a person is just typing into it. */
  function control(from, to) {
    if (from.nodeName === "SELECT" || (from.nodeName === "INPUT" && !/^(checkbox|radio)$/.test(from.type))) {
      if (from !== document.activeElement && from.value !== to.value) from.value = to.value;
    } else if (from.type === "radio" && from.checked !== to.checked) {
      from.checked = to.checked;
    }
  }

  function one(from, to) {
    if (from.nodeType !== Node.ELEMENT_NODE) {
      if (from.data !== to.data) from.data = to.data;
      return;
    }
    attributes(from, to);
    children(from, to);
    control(from, to);
  }

  const alike = (a, b) => a.nodeType === b.nodeType && a.nodeName === b.nodeName && !a.id && !b.id;

  function children(from, to) {
    const named = new Map([...from.children].filter((each) => each.id).map((each) => [each.id, each]));
    let at = from.firstChild;
    for (const wanted of [...to.childNodes]) {
      const kept = wanted.id ? named.get(wanted.id) : at && alike(at, wanted) ? at : null;
      if (!kept || kept.nodeName !== wanted.nodeName) {
        from.insertBefore(wanted, at);
        continue;
      }
      if (kept === at) at = at.nextSibling;
      else from.insertBefore(kept, at);
      one(kept, wanted);
    }
    while (at) {
      const next = at.nextSibling;
      at.remove();
      at = next;
    }
  }

  /** Make the content of `element` that of `html`. */
  studio.morph = (element, html) => {
    const parsed = new DOMParser().parseFromString(`<body>${html}</body>`, "text/html");
    children(element, parsed.body);
  };
})();
