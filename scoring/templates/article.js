"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const byId = (id) => document.getElementById(id);
  const spans = data.sentences.map((s) => byId("s" + s.index));
  const numbers = new Map(spans.map((span, i) => [span, i]));
  const marks = data.sentences.map((s) => document.querySelectorAll('rect[data-i="' + s.index + '"]'));
  const card = byId("card");
  const form = byId("filters");
  let current = 0;
  let pinned = -1;
  let shown = spans.map(() => true);

  const make = (tag, text, className) => {
    const node = document.createElement(tag);
    if (text !== undefined) node.textContent = text;
    if (className) node.className = className;
    return node;
  };
  const percent = (p) => Math.round(100 * p) + "%";
  const signed = (x, digits) => (x < 0 ? "−" : "+") + Math.abs(x).toFixed(digits);
  const pair = (name, share, number) => {
    const row = make("div", undefined, "pair");
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("aria-hidden", "true");
    for (const [className, width] of [["track", 100], ["fill", 100 * share]]) {
      const bar = document.createElementNS("http://www.w3.org/2000/svg", "rect");
      bar.setAttribute("class", className);
      bar.setAttribute("width", width + "%");
      bar.setAttribute("height", "100%");
      svg.append(bar);
    }
    row.append(make("bdi", name), svg, make("span", number, "num"));
    return row;
  };
  const part = (title, nodes) => nodes.length ? [make("h3", title), ...nodes] : [];

  const draw = (i) => {
    const s = data.sentences[i];
    const nodes = [make("h2", "Sentence " + (s.index + 1) + ": " + (s.abstained ? "abstains, leans to " : "") + s.stance)];
    nodes.push(...part("How likely each stance is", Object.entries(s.probability).map(([k, p]) => pair(k, p, percent(p)))));
    if (s.share !== null) nodes.push(make("p", "Its share of the article’s score of all sentences: " + signed(s.share, 4)));
    if (s.voice) nodes.push(make("p", "Voice: " + s.voice + (s.speaker ? ", " + s.speaker : "")));
    nodes.push(...part("Frames", s.frames.map(([k, p]) => pair(k, p, percent(p)))));
    const most = Math.max(...s.evidence.map(([, w]) => Math.abs(w)), 1e-9);
    nodes.push(...part("Words that weighed most (logits)",
      s.evidence.map(([word, w]) => pair(word, Math.abs(w) / most, signed(w, 2)))));
    if (s.phrases.length) nodes.push(make("p", "Carried by: " + s.phrases.map((p) => "“" + p + "”").join(", ")));
    if (s.flip) nodes.push(make("p", "Without " + s.flip.words.map((w) => "“" + w + "”").join(", ") +
      " it would say " + s.flip.stance + " (the smallest deletion found)."));
    if (s.neighbours) {
      const list = make("ul");
      for (const n of s.neighbours) list.append(make("li", n.stance + ": " + n.text + " [" + n.id + "]"));
      nodes.push(...part("Nearest labelled sentences", [list]));
    }
    for (const note of s.notes) nodes.push(make("p", note));
    card.replaceChildren(...nodes);
    card.classList.remove("closed");
    for (let k = 0; k < spans.length; k++) {
      const here = k === i;
      if (spans[k].classList.contains("here") !== here) {
        spans[k].classList.toggle("here", here);
        for (const mark of marks[k]) mark.classList.toggle("here", here);
      }
    }
  };
  const release = () => {
    if (pinned >= 0) spans[pinned].setAttribute("aria-pressed", "false");
    pinned = -1;
  };
  const pin = (i) => {
    const again = pinned === i;
    release();
    if (again) return;
    pinned = i;
    spans[i].setAttribute("aria-pressed", "true");
    draw(i);
  };
  const go = (i) => {
    spans[current].tabIndex = -1;
    current = i;
    spans[i].tabIndex = 0;
    spans[i].focus();
    spans[i].scrollIntoView({ block: "nearest" });
  };
  const open = (i) => { go(i); release(); pin(i); };
  const step = (by) => {
    for (let i = current + by; i >= 0 && i < spans.length; i += by) if (shown[i]) return go(i);
  };
  const of = (event) => {
    const span = event.target.closest && event.target.closest(".s");
    return span ? numbers.get(span) : undefined;
  };
  const text = byId("text");
  text.addEventListener("mouseover", (event) => { const i = of(event); if (i !== undefined && pinned < 0) draw(i); });
  text.addEventListener("focusin", (event) => {
    const i = of(event);
    if (i === undefined) return;
    if (current !== i) { spans[current].tabIndex = -1; current = i; spans[i].tabIndex = 0; }
    if (pinned < 0) draw(i);
  });
  text.addEventListener("click", (event) => { const i = of(event); if (i !== undefined) { go(i); pin(i); } });
  text.addEventListener("keydown", (event) => {
    const keys = { ArrowDown: 1, ArrowRight: 1, j: 1, ArrowUp: -1, ArrowLeft: -1, k: -1 };
    if (event.key in keys) { event.preventDefault(); step(keys[event.key]); }
    if (event.key === "Enter" || event.key === " ") { event.preventDefault(); pin(current); }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") { release(); card.classList.add("closed"); }
  });
  byId("strip").addEventListener("click", (event) => {
    const i = data.sentences.findIndex((s) => String(s.index) === event.target.dataset.i);
    if (i >= 0) open(i);
  });
  // A link to a sentence, `article.html#s8`: the address that a quotation is cited by.
  const follow = () => {
    const i = data.sentences.findIndex((s) => "#s" + s.index === location.hash);
    if (i >= 0) open(i);
  };
  addEventListener("hashchange", follow);

  const filter = () => {
    const stances = new Set([...form.querySelectorAll("[name=stance]:checked")].map((box) => box.value));
    const chosen = (name) => form.elements[name] ? form.elements[name].value : "";
    const least = Number(form.elements.confidence.value) / 100;
    byId("least").textContent = percent(least);
    shown = data.sentences.map((s) =>
      stances.has(s.abstained ? "?" : s.stance) && s.probability[s.stance] >= least &&
      (!chosen("voice") || s.voice === chosen("voice")) && (!chosen("speaker") || s.speaker === chosen("speaker")) &&
      (!chosen("frame") || s.frames.some(([code]) => code === chosen("frame"))));
    shown.forEach((on, i) => {
      spans[i].classList.toggle("off", !on);
      for (const mark of marks[i]) mark.classList.toggle("off", !on);
    });
    byId("count").textContent = shown.filter(Boolean).length + " of " + shown.length + " sentences";
  };
  form.addEventListener("input", filter);
  form.addEventListener("reset", () => setTimeout(filter));
  form.addEventListener("submit", (event) => event.preventDefault());
  filter();
  follow();
  byId("theme").addEventListener("click", () => {
    const root = document.documentElement;
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
  });
})();
