// The page that takes photos in: many at once, each checked on arrival, then a queue of runs.
// The browser answers a click, the server confirms it. All words come with the page (ui/views/intake.py).
// The draft (fields and upload keys, never a photo) lives in the tab's session storage until it is asked for.
(() => {
  "use strict";
  const studio = (window.Storykin ||= {});
  if (studio.intake) return;

  const DRAFT = "storykin-intake";
  const QUEUE = "storykin-queue";
  const UPLOADS_AT_ONCE = 3;
  const CHECKS_AT_ONCE = 2;
  const STARTS_AT_ONCE = 2;
  const AGAIN_MS = [1000, 2000, 5000, 10000];
  const HEIC = /\.(hei[cf]|hif)$/i;
  const typeOf = (file) => file.type || (HEIC.test(file.name) ? "image/heic" : "application/octet-stream");
  const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

  /** What the server says instead of an answer: `sentence` for people. `away`: nothing of ours answered. */
  class Refusal extends Error {
    constructor(said, status) {
      super(said.sentence || "");
      Object.assign(this, { code: said.code || "", fields: said.fields, people: said.people, status });
      this.away = !said.sentence;
    }
  }

  async function ask(path, body) {
    let answer;
    try {
      answer = await fetch(path, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      });
    } catch {
      throw new Refusal({}, 0);
    }
    const said = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new Refusal(said, answer.status);
    return said;
  }

  /** The answer, however often it takes: a line that dropped, a studio that restarts, a decoder that is busy. */
  async function insist(path, body, waiting, still) {
    for (let turn = 0; ; turn += 1) {
      try {
        return await ask(path, body);
      } catch (refusal) {
        if (!(refusal.away || refusal.code === "busy") || !still()) throw refusal;
        waiting?.();
        await sleep(AGAIN_MS[Math.min(turn, AGAIN_MS.length - 1)]);
        if (!still()) throw refusal;
      }
    }
  }

  /** Runs at most `most` of what it is given at a time, in order. */
  function lane(most) {
    const waiting = [];
    let busy = 0;
    const next = () => {
      while (busy < most && waiting.length) {
        busy += 1;
        waiting.shift()().finally(() => {
          busy -= 1;
          next();
        });
      }
    };
    return (work) => new Promise((resolve, reject) => {
      waiting.push(() => work().then(resolve, reject));
      next();
    });
  }

  /** A signed link of this very studio as a path, whatever name of it the person typed. */
  function local(url) {
    const there = new URL(url, location.href);
    return there.pathname.startsWith(`${studio.root}/api/uploads/`) ? there.pathname + there.search : there.href;
  }

  function put(file, permit, words, item, progress) {
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      item.request = request;
      request.open(permit.method || "PUT", local(permit.url));
      for (const [name, value] of Object.entries(permit.headers || {})) request.setRequestHeader(name, value);
      request.upload.onprogress = (sent) => sent.lengthComputable && progress(sent.loaded / sent.total);
      request.onload = () => {
        if (request.status < 300) return resolve(permit.key);
        let said = {};
        try { said = JSON.parse(request.responseText); } catch { /* a bucket answers in XML */ }
        reject(new Error(said.sentence || words.not_uploaded));
      };
      request.onerror = () => reject(new Error(words.connection));
      request.onabort = () => reject(new Error(""));
      request.send(file);
    });
  }

  // What a camera, a telephone, a scanner or a chat calls a file says nothing of who is in it.
  const OF_A_CAMERA = /^(img|imag|image|images|dsc|dscn|dscf|pxl|mvimg|photo|photos|foto|fotos|bild|picture|pic|scan|screenshot|bildschirmfoto|whatsapp|signal|telegram|snapchat|received|untitled|unbenannt|download|group|gruppe|copy|kopie|portrait|head|face|p|gopr|sam|dji)$/i;

  /** Whose photo a file says it is: "maya_lind.jpg" is Maya Lind; "" where it is no name. */
  function nameOf(file) {
    const words = file.name.replace(/\.[^.]*$/, "").normalize("NFC").split(/(?:[\s_.,+()\[\]]|-(?!\p{Lu}))+/u).filter(Boolean);
    if (!words.length || words.length > 4 || words.some((word) => OF_A_CAMERA.test(word))) return "";
    if (!words.every((word) => /^[\p{L}\p{M}'’]+(-[\p{L}\p{M}'’]+)*$/u.test(word))) return "";
    return words.map((word) => word[0] === word[0].toLowerCase() ? word[0].toUpperCase() + word.slice(1) : word).join(" ");
  }

  const stored = (name) => {
    try { return JSON.parse(sessionStorage.getItem(name)) || null; } catch { return null; }
  };
  const store = (name, value) => {
    try {
      if (value) sessionStorage.setItem(name, JSON.stringify(value));
      else sessionStorage.removeItem(name);
    } catch { /* full or forbidden: then there is no draft */ }
  };

  function intake(holder) {
    const root = holder.querySelector(".sk-intake");
    const $ = (selector, within = root) => within.querySelector(selector);
    const $$ = (selector, within = root) => [...within.querySelectorAll(selector)];
    const words = JSON.parse(root.dataset.words);
    const say = (name, values = {}) => words[name].replace(/\{(\w+)\}/g, (_, key) => values[key]);
    const copy = (name) => $(`[data-template=${name}]`).content.firstElementChild.cloneNode(true);
    const zone = $(".sk-drop");
    const list = $("[data-items]");
    const queue = $("[data-queue]");
    const generate = $("[data-generate]");
    const said = $(".sk-said");
    const panel = $("[data-run]");
    const beforeRun = panel.innerHTML;
    const uploads = lane(UPLOADS_AT_ONCE);
    const checks = lane(CHECKS_AT_ONCE);
    const items = []; // in the form
    const lines = []; // asked for: {item} until it is on record, then {run}
    let numbers = 0;
    let sending = 0;
    let shown = new URL(location.href).searchParams.get("run") || "";

    const tell = (sentence) => { said.textContent = sentence; };

    // ---------- the photos ----------
    function add(file, kept = null) {
      const number = (numbers += 1);
      const element = copy("item");
      const item = { number, element, file, key: kept?.key || "", face: kept?.face || "", state: "", people: [] };
      element.dataset.number = number;
      for (const radio of $$("input[type=radio]", element)) radio.name += `-${number}`;
      $$("[data-fault]", element).forEach((fault) => { fault.id = `sk-fault-${number}-${fault.dataset.fault}`; });
      $("[data-name]", element).setAttribute("aria-describedby", `sk-fault-${number}-name`);
      const own = $(".sk-item-own", element);
      $("[data-file]", element).textContent = file ? file.name : "";
      if (file) $("[data-name]", element).value = nameOf(file);
      if (kept) {
        $("[data-name]", element).value = kept.name || "";
        pick(element, `gender-${number}`, kept.gender);
        item.consent = kept.consent;
        if (kept.own) {
          item.own = true;
          own.open = true;
          fill(element, kept.styles, kept.framing);
        }
      }
      own.addEventListener("toggle", () => {
        if (own.open && !item.own) {
          item.own = true;
          fill(element, styles(), framing());
          changed();
        }
      });
      $("[data-as-all]", element).addEventListener("click", () => {
        item.own = false;
        own.open = false;
        $("summary", own).focus();
        changed();
      });
      $("[data-consent]", element).addEventListener("change", (event) => { item.consent = event.target.checked; });
      $("[data-remove]", element).addEventListener("click", () => remove(item, true));
      $("[data-retry]", element).addEventListener("click", () => send(item));
      items.push(item);
      list.append(element);
      if (file) {
        look(item, URL.createObjectURL(file));
        send(item);
      } else {
        check(item);
      }
      changed();
      return item;
    }

    function fill(element, chosen, frame) {
      for (const box of $$("input[name=own-styles]", element)) box.checked = chosen.includes(box.value);
      pick(element, `own-framing-${element.dataset.number}`, frame);
    }

    function pick(within, name, value) {
      const radio = $$(`input[name="${name}"]`, within).find((each) => each.value === value);
      if (radio) radio.checked = true;
    }

    function look(item, url) {
      const image = $(".sk-item-photo img", item.element);
      if (image.src.startsWith("blob:")) URL.revokeObjectURL(image.src);
      image.onerror = () => { image.hidden = true; }; // HEIC, here: the server's picture comes with the check
      image.onload = () => { image.hidden = false; };
      image.src = url;
    }

    function state(item, next, sentences = []) {
      item.state = next;
      item.element.dataset.state = next;
      $("[data-verdict]", item.element).textContent = words[next];
      const told = $("[data-told]", item.element);
      told.replaceChildren(...sentences.map((sentence) => {
        const line = document.createElement("li");
        line.textContent = sentence;
        return line;
      }));
      told.hidden = !sentences.length;
      const usable = !["refused", "failed"].includes(next);
      $(".sk-item-fields", item.element).hidden = !usable;
      $("[data-retry]", item.element).hidden = next !== "failed" || !item.file;
      item.sentences = sentences;
      changed();
    }

    async function send(item) {
      const mine = (item.turn = (item.turn || 0) + 1);
      const current = () => mine === item.turn && items.concat(lines.map((line) => line.item)).includes(item);
      const bar = $(".sk-item-bar i", item.element);
      bar.style.width = "0";
      state(item, "waits");
      try {
        await uploads(async () => {
          if (!current()) return;
          state(item, "uploading");
          const permit = await ask(`${studio.root}/api/uploads`, { content_type: typeOf(item.file), length: item.file.size })
            .catch((refusal) => { throw new Error(refusal.message || words.not_taken); });
          if (!current()) return;
          item.key = await put(item.file, permit, words, item, (share) => { bar.style.width = `${Math.round(share * 100)}%`; });
        });
        if (current() && item.key) await check(item);
      } catch (problem) {
        if (current() && problem.message) failed(item, "failed", [problem.message]);
      }
    }

    async function check(item) {
      const mine = (item.checking = (item.checking || 0) + 1);
      const face = item.face;
      const current = () => mine === item.checking && !item.gone;
      state(item, "checking", item.state === "checking" ? item.sentences : []);
      try {
        const found = await checks(() => current()
          ? insist(`${studio.root}/api/intake/check`, { key: item.key, face }, null, current)
          : Promise.reject(new Error("")));
        if (!current()) return;
        if (found.preview) look(item, found.preview);
        item.digest = found.digest;
        if (found.people.length) item.people = found.people;
        const twice = items.some((other) => other !== item && other.digest === found.digest);
        people(item, found.verdict);
        const sentences = found.verdict === "which" ? [] : found.sentences;
        const next = found.verdict === "which" && !item.people.length ? "refused" : found.verdict;
        if (next === "refused" || next === "which") failed(item, next, next === "refused" ? found.sentences : []);
        else {
          state(item, found.verdict, twice ? [...sentences, words.twice] : sentences);
          pump();
        }
      } catch (problem) {
        if (!current() || !problem.message) return;
        if (face && problem.status === 422) item.face = "";
        if (problem.code === "photo_gone") item.key = "";
        failed(item, "failed", [problem.message]);
      }
    }

    /** It can't be drawn from as it is: if it was asked for already, it comes back into the form. */
    function failed(item, next, sentences) {
      const line = lines.find((each) => each.item === item);
      if (line) takeBack(line, false);
      state(item, next, sentences);
    }

    function people(item, verdict) {
      const part = $(".sk-item-people", item.element);
      part.hidden = !item.people.length || (verdict === "refused" && !item.face);
      part.dataset.count = item.people.length;
      $("[data-who]", part).textContent = words[verdict === "which" ? "who" : "other_who"];
      if (part.hidden || $$("input", part).length === item.people.length) return;
      $("[data-people]", part).replaceChildren(...item.people.map((person) => {
        const label = copy("person");
        const radio = $("input", label);
        Object.assign(radio, { name: `who-${item.number}`, value: person.choice, checked: person.choice === item.face });
        const image = $("img", label);
        image.src = person.url;
        image.alt = say("person", { n: person.number });
        radio.addEventListener("change", () => {
          item.face = radio.value;
          fault(item.element, "people", "");
          check(item);
        });
        return label;
      }));
    }

    function remove(item, byHand) {
      item.gone = true;
      item.turn = (item.turn || 0) + 1;
      item.request?.abort(); // what nobody wants is not uploaded to its end
      const at = items.indexOf(item);
      if (at < 0) return;
      items.splice(at, 1);
      const image = $(".sk-item-photo img", item.element);
      if (byHand && image.src.startsWith("blob:")) URL.revokeObjectURL(image.src);
      item.element.remove();
      changed();
      if (!byHand) return;
      const next = items[Math.min(at, items.length - 1)];
      (next ? $("[data-remove]", next.element) : $("#sk-photo-file")).focus();
    }

    const take = (files) => {
      hide($("#sk-photo-fault"));
      for (const file of files) add(file);
    };

    // ---------- the fields ----------
    const styles = () => $$("input[name=styles]:checked").map((box) => box.value);
    const framing = () => $("input[name=framing]:checked")?.value || "";
    const resolution = () => $("input[name=resolution]:checked")?.value || "";
    const consentAll = $("[data-consent-all]");

    function fields(item) {
      const element = item.element;
      return {
        key: item.key,
        face: item.face,
        name: $("[data-name]", element).value,
        gender: $(`input[name="gender-${item.number}"]:checked`, element)?.value || "unspecified",
        styles: item.own ? $$("input[name=own-styles]:checked", element).map((box) => box.value) : styles(),
        framing: (item.own && $(`input[name="own-framing-${item.number}"]:checked`, element)?.value) || framing(),
        resolution: resolution(),
        consent: items.length + lines.length === 1 || item.consent == null ? consentAll.checked : item.consent,
        consent_language: $("#consent").dataset.language, // what was read, whatever language is chosen meanwhile
      };
    }

    const refused = () => items.filter((item) => item.state === "refused"); // what failed can be tried again
    const usable = () => items.filter((item) => !["refused", "failed"].includes(item.state));

    /** What follows from any change: what the button says, what it costs, what is kept for a reload. */
    function changed() {
      const count = items.length;
      const able = usable().length;
      root.dataset.count = count;
      zone.dataset.state = count ? "some" : "empty";
      for (const [index, item] of items.entries()) {
        const name = $("[data-name]", item.element).value.trim();
        $(".sk-item-photo img", item.element).alt = name ? say("photo_of", { name }) : say("photo", { n: index + 1 });
        if (item.consent == null) $("[data-consent]", item.element).checked = consentAll.checked;
        $("[data-remove]", item.element).textContent = count === 1 ? words.another : words.take_out;
      }
      $("span", generate).textContent = able > 1 ? say("generate_many", { n: able }) : words.generate_one;
      summary();
      clearTimeout(changed.later);
      changed.later = setTimeout(() => { price(); save(); }, 120);
    }

    /** Of many photos: how many are how, with a way to those that need a hand. */
    function summary() {
      const bar = $("[data-sum]");
      bar.hidden = items.length < 3;
      for (const part of $$("[data-sum-of]", bar)) {
        const count = items.filter((item) => part.dataset.sumOf.split(" ").includes(item.state)).length;
        part.hidden = !count;
        part.dataset.count = count;
        $("b", part).textContent = count;
      }
      $("[data-take-out]", bar).hidden = refused().length < 2;
    }

    function lookAt(states) {
      const found = items.filter((item) => states.includes(item.state));
      const next = found[(found.findIndex((item) => item.element.contains(document.activeElement)) + 1) % found.length];
      const hand = (part) => $(part, next.element);
      if (next) (hand("[data-retry]:not([hidden])") || hand(".sk-item-people:not([hidden]) input") || hand("[data-remove]")).focus();
    }

    let priceTurn = 0;
    async function price() {
      const mine = (priceTurn += 1);
      const wanted = usable().map(fields);
      const wishes = (wanted.length ? wanted : [{ styles: styles(), resolution: resolution() }])
        .map((each) => ({ styles: each.styles, resolution: each.resolution }));
      const problem = $("[data-testid=estimate-problem]");
      try {
        const found = await ask(`${studio.root}/api/intake/estimate`, { wishes });
        if (mine !== priceTurn) return;
        $(".sk-estimate").textContent = found.sentence;
        show(problem, found.problem);
      } catch (refusal) {
        if (mine === priceTurn && refusal.message) show(problem, refusal.message);
      }
    }

    function save() {
      const unsent = [...lines.filter((line) => line.item).map((line) => line.item), ...items];
      const drafted = unsent.map((item) => {
        const { key, face, name, gender, styles: chosen, framing: frame } = fields(item);
        return { key, face, name, gender, own: Boolean(item.own), styles: chosen, framing: frame, consent: item.consent ?? null };
      });
      const all = { styles: styles(), framing: framing(), resolution: resolution(), consent: consentAll.checked };
      store(DRAFT, drafted.length ? { items: drafted, all } : null);
      const runs = lines.filter((line) => line.run).map((line) => line.run);
      store(QUEUE, runs.length ? runs : null);
    }

    function restore() {
      const draft = stored(DRAFT);
      for (const run of stored(QUEUE) || []) watch(run);
      if (shown && !lines.some((line) => line.run === shown)) watch(shown);
      if (!draft) return;
      for (const box of $$("input[name=styles]")) box.checked = draft.all.styles.includes(box.value);
      pick(root, "framing", draft.all.framing);
      pick(root, "resolution", draft.all.resolution);
      consentAll.checked = draft.all.consent;
      const whole = draft.items.filter((item) => item.key);
      for (const item of whole) add(null, item);
      tell(whole.length < draft.items.length ? words.lost_upload : words.draft_kept);
    }

    // ---------- what is wrong ----------
    const show = (place, sentence) => {
      place.textContent = sentence || "";
      place.hidden = !sentence;
    };
    const hide = (place) => show(place, "");

    function fault(within, field, sentence) {
      const place = $(`[data-fault=${field}]`, within);
      if (place) show(place, sentence);
      const input = { name: "[data-name]", consent: "[data-consent], [data-consent-all]" }[field];
      const target = input && $(input, within);
      if (target) {
        if (sentence) target.setAttribute("aria-invalid", "true");
        else target.removeAttribute("aria-invalid");
      }
    }

    const side = $(".sk-intake-side");
    const targets = {
      name: "[data-name]", consent: "[data-consent]", people: ".sk-item-people input", gender: ".sk-item-gender input", styles: "summary",
    };

    /** Shows what is wrong everywhere at once; the first field that is wrong, or null. */
    function faults() {
      for (const each of $$("[data-fault]")) hide(each);
      for (const each of $$("[aria-invalid]")) each.removeAttribute("aria-invalid");
      const wanted = usable();
      const nobody = wanted.every((item) => !fields(item).consent); // then once is enough, for all
      const found = [];
      const wrong = (within, field, sentence, target) => {
        fault(within, field, sentence);
        found.push(target);
      };
      if (!items.length) wrong(root, "photo", words.faults.photo, $("#sk-photo-file"));
      else if (!wanted.length) wrong(root, "photo", words.nothing_usable, $("[data-remove]", items[0].element));
      for (const item of wanted) {
        const asked = fields(item);
        if (item.state === "which") wrong(item.element, "people", words.choose_person, $(targets.people, item.element));
        if (!asked.name.trim()) wrong(item.element, "name", words.faults.name, $("[data-name]", item.element));
        if (item.own && !asked.styles.length) wrong(item.element, "styles", words.faults.styles, $(targets.styles, item.element));
        if (!asked.consent && !nobody) wrong(item.element, "consent", words.faults.consent, $("[data-consent]", item.element));
      }
      if (!styles().length && !wanted.every((item) => item.own)) wrong(side, "styles", words.faults.styles, $("input[name=styles]"));
      if (nobody && !consentAll.checked) wrong(side, "consent", words.faults.consent, consentAll);
      return found[0] || null;
    }

    // ---------- the queue ----------
    function begin() {
      const first = faults();
      if (first) return first.focus();
      for (const item of usable()) {
        const asked = fields(item);
        items.splice(items.indexOf(item), 1);
        item.element.remove();
        const element = copy("line");
        const line = { item, asked, element };
        $("[data-name]", element).textContent = asked.name;
        const image = $("img", element);
        const source = $(".sk-item-photo img", item.element);
        if (source.src && !source.hidden) {
          image.src = source.src;
          image.hidden = false;
        }
        $("[data-take-back]", element).addEventListener("click", () => takeBack(line, true));
        $("[data-earlier]", element).addEventListener("click", (event) => shift(line, -1, event.currentTarget));
        $("[data-later]", element).addEventListener("click", (event) => shift(line, 1, event.currentTarget));
        lines.push(line);
        queue.append(element);
        what(line);
      }
      tell("");
      consentAll.checked = false; // permission is asked for anew, for whoever comes next
      changed();
      heading();
      reveal($("[data-queue-part]"));
      $("[data-queue-head]").focus?.();
      pump();
    }

    const ready = (line) => line.item && !line.sending && ["good", "fair"].includes(line.item.state);

    function what(line, name) {
      $("[data-what]", line.element).textContent = words[name || (ready(line) ? "line_waits" : "line_checking")];
    }

    function shift(line, step, button) {
      const waiting = lines.filter((each) => each.item && !each.sending);
      const other = waiting[waiting.indexOf(line) + step];
      if (!other) return;
      const [one, two] = [lines.indexOf(line), lines.indexOf(other)];
      [lines[one], lines[two]] = [other, line];
      if (step < 0) other.element.before(line.element);
      else other.element.after(line.element);
      button.focus();
      save();
    }

    function takeBack(line, byHand) {
      if (line.sending && byHand) return;
      lines.splice(lines.indexOf(line), 1);
      line.element.remove();
      const item = line.item;
      items.push(item);
      list.append(item.element);
      if (item.consent == null) item.consent = line.asked.consent;
      if (items.length === 1) consentAll.checked = item.consent;
      changed();
      heading();
      if (byHand) $("[data-name]", item.element).focus();
    }

    function pump() {
      for (const line of lines) {
        if (line.item && !line.sending) what(line);
        if (sending >= STARTS_AT_ONCE || !ready(line)) continue;
        start(line);
      }
    }

    async function start(line) {
      const { item, element } = line;
      sending += 1;
      line.sending = true;
      element.dataset.state = "sending";
      $("[data-waiting-tools]", element).hidden = true;
      what(line, "line_sending");
      try {
        const asked = await insist(
          `${studio.root}/api/intake/start`,
          { ...line.asked, key: item.key, face: item.face },
          () => what(line, "line_offline"),
          () => true,
        );
        line.item = null;
        line.run = asked.run;
        line.character = asked.character;
        element.dataset.run = asked.run;
        element.dataset.state = "asked";
        const notes = [asked.problem, ...asked.notices].filter(Boolean);
        tell(notes.length ? notes.join(" ") : say("started", { name: asked.name }));
        save();
        if (!shown) open(asked.run);
        follow(line);
        await refresh([asked.run]);
      } catch (refusal) {
        line.sending = false;
        element.dataset.state = "waiting";
        $("[data-waiting-tools]", element).hidden = false;
        takeBack(line, false);
        if (refusal.code === "several_faces") {
          item.people = refusal.people;
          people(item, "which");
          state(item, "which");
        } else if (refusal.fields) {
          for (const each of refusal.fields) fault(item.element, each.field, each.sentence);
          if (!typing()) $(targets[refusal.fields[0].field] || "[data-name]", item.element)?.focus();
        } else {
          state(item, refusal.code === "photo_gone" || refusal.code === "upload_used" ? "refused" : item.state, [refusal.message || words.not_taken]);
        }
        tell(refusal.message || words.not_taken);
      } finally {
        sending -= 1;
        pump();
      }
    }

    const typing = () => document.activeElement?.matches?.("input[type=text], textarea");

    /** A run that is on record already: of an earlier visit, or of the address. */
    function watch(run) {
      const element = copy("line");
      const line = { run, element };
      element.dataset.run = run;
      element.dataset.state = "asked";
      $("[data-waiting-tools]", element).hidden = true;
      element.hidden = true;
      lines.push(line);
      queue.append(element);
    }

    function follow(line) {
      if (line.off || line.over || !line.character) return;
      line.off = studio.live?.on(`character:${line.character}`, () => refresh([line.run]));
    }

    const asking = new Set(); // runs that are asked about just now,
    const askAgain = new Set(); // and that have changed since

    async function refresh(runs) {
      const wanted = runs.filter((run) => !asking.has(run) || !askAgain.add(run));
      for (let at = 0; at < wanted.length; at += 50) await refreshSome(wanted.slice(at, at + 50));
    }

    async function refreshSome(runs) {
      runs.forEach((run) => asking.add(run));
      try {
        const query = new URLSearchParams(runs.map((run) => ["run", run]));
        const answer = await fetch(`${studio.root}/api/intake/runs?${query}`);
        if (!answer.ok) return;
        const found = new Map((await answer.json()).runs.map((each) => [each.run, each]));
        for (const run of runs) draw(run, found.get(run));
        if (runs.includes(shown)) await drawPanel();
      } catch {
        // The studio is away for a moment: what is shown stays, and the live line asks again.
      } finally {
        runs.forEach((run) => asking.delete(run));
        heading();
        const late = runs.filter((run) => askAgain.delete(run));
        if (late.length) refresh(late);
      }
    }

    function draw(run, found) {
      const line = lines.find((each) => each.run === run);
      if (!line) return;
      if (!found) { // there is no such run, or no longer
        line.off?.();
        lines.splice(lines.indexOf(line), 1);
        line.element.remove();
        save();
        return;
      }
      const before = line.state;
      Object.assign(line, { character: found.character, state: found.state, over: found.over });
      line.element.hidden = false;
      line.element.dataset.state = found.state;
      line.element.dataset.rev = found.rev;
      if (line.rev !== found.rev || before !== found.state) {
        const focused = line.element.contains(document.activeElement);
        const photo = $(".sk-line-cover img", line.element);
        line.element.innerHTML = found.html;
        const cover = $(".sk-line-cover", line.element);
        if (!cover.firstElementChild && photo && !photo.hidden) cover.append(photo); // until a picture is drawn
        line.rev = found.rev;
        if (focused) $("[data-show]", line.element).focus();
      }
      $("[data-show]", line.element).setAttribute("aria-expanded", String(run === shown));
      if (found.over) {
        line.off?.();
        line.off = null;
        if (before && before !== found.state) tell(found.state === "ready" ? say("ready", { name: found.name }) : $("[data-show] .sk-small", line.element).textContent);
      } else follow(line);
    }

    async function drawPanel() {
      const run = shown;
      const answer = await fetch(`${studio.root}/api/intake/run?${new URLSearchParams({ run })}`);
      if (!answer.ok || run !== shown) return;
      const next = document.createElement("div");
      next.innerHTML = await answer.text();
      const now = $("[data-testid=run]", panel);
      const then = $("[data-testid=run]", next);
      if (now?.dataset.character === then?.dataset.character && now?.dataset.rev === then?.dataset.rev && then?.dataset.rev) return;
      const event = panel.contains(document.activeElement) && document.activeElement.dataset.event;
      panel.replaceChildren(...next.childNodes);
      if (event) $(`[data-event=${event}]`, panel)?.focus();
    }

    async function open(run) {
      shown = run;
      studio.address({ run });
      for (const button of $$("[data-show]", queue)) {
        button.setAttribute("aria-expanded", String(button.closest("li").dataset.run === run));
      }
      if (run) await drawPanel();
      else panel.innerHTML = beforeRun;
    }

    function heading() {
      $("[data-queue-head]").hidden = !lines.length;
      $("[data-clear]").hidden = !lines.some((line) => line.over) || lines.length < 2;
    }

    // What is drawn from is as high as there is room below: the button is in reach before anything is scrolled.
    function fit() {
      $(".sk-intake-side").style.setProperty("--sk-above", `${Math.round(Math.max(0, root.getBoundingClientRect().top))}px`);
    }
    fit();
    for (const event of ["scroll", "resize"]) addEventListener(event, fit, { passive: true });

    function reveal(part) {
      if (part.getBoundingClientRect().top < innerHeight * 0.6) return;
      const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
      part.scrollIntoView({ block: "start", behavior: calm ? "auto" : "smooth" });
    }

    // ---------- hands ----------
    for (const input of [$("#sk-photo-file"), $("#sk-photo-camera")]) {
      input.addEventListener("change", () => {
        take([...input.files]);
        input.value = "";
      });
    }
    const holdsFiles = (drag) => [...(drag.dataTransfer?.types || [])].includes("Files");
    const over = (drag) => {
      if (!root.isConnected || !holdsFiles(drag)) return;
      drag.preventDefault();
      zone.classList.add("sk-over-zone");
    };
    addEventListener("dragenter", over);
    addEventListener("dragover", over);
    addEventListener("dragleave", (drag) => { if (!drag.relatedTarget) zone.classList.remove("sk-over-zone"); });
    addEventListener("drop", (drop) => { // anywhere on the page: a browser would open the photo instead
      if (!root.isConnected || !holdsFiles(drop)) return;
      drop.preventDefault();
      zone.classList.remove("sk-over-zone");
      take([...drop.dataTransfer.files]);
    });
    document.addEventListener("paste", (paste) => {
      const files = [...(paste.clipboardData?.files || [])].filter((each) => each.type.startsWith("image/"));
      if (files.length && root.isConnected) take(files);
    });
    root.addEventListener("input", (event) => {
      const item = event.target.closest(".sk-item");
      if (event.target.matches("[data-name]")) fault(item, "name", "");
      if (event.target.matches("[data-consent]")) fault(item, "consent", "");
      if (event.target.matches("[data-consent-all]")) {
        for (const each of items) each.consent = null;
        for (const each of $$("[data-fault=consent]")) hide(each);
      }
      if (event.target.matches("input[name=styles], input[name=own-styles]")) fault(item || side, "styles", "");
      changed();
    });
    list.addEventListener("keydown", (press) => { // Enter goes on to the next name: sixty are typed in a row
      if (press.key !== "Enter" || !press.target.matches("[data-name]")) return;
      const names = $$("[data-name]", list).filter((each) => each.offsetParent);
      (names[names.indexOf(press.target) + 1] || generate).focus();
      press.preventDefault();
    });
    $("[data-sum]").addEventListener("click", (click) => {
      const part = click.target.closest("button");
      if (part?.dataset.sumOf) return lookAt(part.dataset.sumOf.split(" "));
      if (!part) return;
      for (const item of refused()) remove(item, false);
      generate.focus();
    });
    generate.addEventListener("click", begin);
    $("[data-clear]").addEventListener("click", () => {
      for (const line of lines.filter((each) => each.over)) {
        lines.splice(lines.indexOf(line), 1);
        line.element.remove();
      }
      if (!lines.some((line) => line.run === shown)) open(lines.find((line) => line.run)?.run || "");
      save();
      heading();
      generate.focus();
    });
    queue.addEventListener("click", (click) => {
      const button = click.target.closest("[data-show]");
      if (button) open(button.closest("li").dataset.run).then(() => reveal(panel));
    });
    panel.addEventListener("click", async (click) => {
      const button = click.target.closest("[data-event=try_again]");
      if (!button || button.disabled) return;
      button.disabled = true;
      try {
        const asked = await ask(`${studio.root}/api/intake/again`, { run: shown });
        const line = lines.find((each) => each.run === shown);
        if (line) Object.assign(line, { run: asked.run, over: false, rev: "" }).element.dataset.run = asked.run;
        tell([asked.problem, ...asked.notices].filter(Boolean).join(" "));
        await open(asked.run);
        await refresh([asked.run]);
        save();
      } catch (refusal) {
        tell(refusal.message || words.line_offline);
      } finally {
        button.disabled = false;
      }
    });
    addEventListener("beforeunload", save);
    addEventListener("pagehide", save);

    restore();
    changed();
    heading();
    const known = lines.filter((line) => line.run).map((line) => line.run);
    if (known.length) refresh(known);
    // A live line that never opens would leave a moving run standing still.
    setInterval(() => {
      if (document.hidden || studio.live?.state === "live") return;
      const moving = lines.filter((line) => line.run && !line.over).map((line) => line.run);
      if (moving.length) refresh(moving);
    }, 5000);
    root.dataset.ready = "yes";
    zone.dataset.ready = "yes";
  }

  studio.intake = intake;
})();
