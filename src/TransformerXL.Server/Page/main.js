import { ApiError, events, get, post, send, useKey } from "./api.js";
import * as attention from "./attention.js";
import { keep, kept } from "./storage.js";
import * as texts from "./texts.js";

const at = id => document.getElementById(id);
const [paper, marks, status, banner, choices] = [at("text"), at("marks"), at("status"), at("banner"), at("choices")];
const presets = {
  careful: { temperature: 0.5, top_p: 0.9, top_k: 0, min_p: 0.05, repetition_penalty: 1 },
  balanced: { temperature: 0.8, top_p: 0.95, top_k: 0, min_p: 0, repetition_penalty: 1 },
  wild: { temperature: 1.2, top_p: 1, top_k: 0, min_p: 0.02, repetition_penalty: 1 },
  greedy: { temperature: 0, top_p: 1, top_k: 0, min_p: 0, repetition_penalty: 1.1 },
};
const fields = ["max_tokens", "temperature", "top_p", "top_k", "min_p", "repetition_penalty", "seed"];
let running = null;
let models = [];
let drawing = 0;
let news = "";
let reconnecting = false;
let asked = 0;
let theme = "";

// ---- showing ----

function show() {
  const text = texts.chosen();
  if (paper.value !== texts.shown(text.text)) paper.value = text.text;
  showMarks();
  showList();
  at("again").disabled = running !== null || text.before === null;
}

function showMarks() {
  const { text, tokens = [] } = texts.chosen(), looking = attention.isOf(texts.chosen());
  const parts = document.createDocumentFragment();
  let done = 0;
  if (!looking) attention.hide();
  marks.classList.toggle("coloured", looking || at("colour").checked);
  for (const token of looking ? attention.parts() : tokens) {
    if (token.start > done) parts.append(text.slice(done, token.start));
    if (token.end > token.start) {
      const span = document.createElement("span");
      span.textContent = text.slice(token.start, token.end);
      [span.dataset.start, span.dataset.end] = [token.start, token.end];
      span.classList.toggle("own", token.own === true);
      span.style.setProperty("--heat-share", (token.heat ?? surprise(token.logprob)).toFixed(3));
      parts.append(span);
    }
    done = Math.max(done, token.end);
  }
  parts.append(`${text.slice(done)}\n`);
  marks.replaceChildren(parts);
  paper.style.height = "auto";
  paper.style.height = `${paper.scrollHeight}px`;
}

const surprise = logprob => logprob === null ? 0 : Math.min(0.6, Math.max(0, -logprob / Math.LN2 - 1) / 14);

/** Shows a text that grows. A fast model sends thousands of tokens a second; the page is drawn some times a second. */
function showSoon(message) {
  news = message;
  drawing ||= setTimeout(() => {
    drawing = 0;
    if (!running) return;
    paper.value = texts.chosen().text;
    showMarks();
    tell(news);
  }, 60);
}

function showList() {
  at("texts").replaceChildren(...texts.all().map(text => {
    const item = document.createElement("li"), tools = document.createElement("div");
    const name = button(texts.nameOf(text), () => select(text.key));
    name.className = "name";
    tools.className = "tools";
    tools.append(button("Fork", () => fork(text)), button("Rename", () => rename(text)), button("Delete", () => remove(text)));
    if (text === texts.chosen()) item.setAttribute("aria-current", "true");
    item.append(name, tools);
    return item;
  }));
}

function button(label, action) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = label;
  made.addEventListener("click", action);
  return made;
}

function tell(message) { status.textContent = message; }

function warn(message) {
  banner.textContent = message;
  banner.hidden = message === "";
}

function save() {
  const unkept = texts.save();
  if (unkept) warn(unkept);
}

async function showGauge() {
  const text = texts.chosen(), model = models.find(each => each.name === at("model").value);
  if (!text.session) {
    at("gauge").textContent = !model ? "" : model.memory_length > 0 ? `remembers the last ${number(model.memory_length)} tokens of a text of any length` : "reads a text of any length";
    return;
  }
  try {
    const session = await get(`v1/sessions/${text.session}`);
    if (text === texts.chosen()) at("gauge").textContent = `${number(session.tokens)} tokens read, ${session.remembered > 0 ? `${number(session.remembered)} remembered, ` : ""}${bytes(session.memory_bytes || model?.session_bytes || 0)}`;
  } catch (error) {
    if (error.status === 404) text.session = text.read = "";
  }
}

const number = value => value.toLocaleString("en");
const bytes = value => value >= 1048576 ? `${(value / 1048576).toFixed(1)} MiB` : `${Math.ceil(value / 1024)} KiB`;

// ---- the server ----

/** Runs an action; asks for a key, waits for a place, and waits for a server that does not answer. */
async function attempt(action, signal) {
  for (;;) {
    try {
      const result = await action();
      warn("");
      return result;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.status === 401) await askKey(error.hadKey);
      else if (error.status === 429 || error.status === 503) await countdown(error, signal);
      else throw error;
    }
  }
}

function askKey(wasRefused) {
  const dialog = at("key");
  at("key-refused").hidden = !wasRefused;
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((done, fail) => dialog.addEventListener("close", () => {
    // Escape closes the dialog without a value.
    if (dialog.returnValue !== "use") return fail(new ApiError(401, "This server asks for a key. Reload the page to give one."));
    useKey(at("key-value").value.trim());
    done();
  }, { once: true }));
}

async function countdown(error, signal) {
  const busy = error.status !== 429 ? "The server is not ready" : error.message;
  try {
    for (let left = Math.min(error.retryAfter, 60); left > 0; left--) {
      warn(`${busy}; next try in ${left} s.`);
      await pause(1000, signal);
    }
  } finally {
    warn("");
  }
}

function pause(milliseconds, signal) {
  return new Promise((done, fail) => {
    const timer = setTimeout(done, milliseconds);
    signal?.addEventListener("abort", () => { clearTimeout(timer); fail(new DOMException("stopped", "AbortError")); }, { once: true });
  });
}

/** After a lost connection: asks until the server answers again. */
async function reconnect() {
  if (reconnecting) return;
  reconnecting = true;
  for (;;) {
    try {
      await get("health");
      warn("");
      reconnecting = false;
      return start();
    } catch (error) {
      warn(error.status === 503 ? "The server is not ready." : "The server does not answer. The text is kept here; trying again.");
      await pause(1500);
    }
  }
}

async function fail(error) {
  if (error.name === "AbortError") return tell("Stopped.");
  tell("");
  if (error instanceof ApiError && error.status === 0) return reconnect();
  warn(error.message);
}

async function start() {
  try {
    const props = await attempt(() => get("props")), most = props.limits.tokens;
    models = props.models.filter(model => model.writes_text);
    at("max_tokens").max = most;
    if (Number(at("max_tokens").value) > most) at("max_tokens").value = most;
    const chosen = at("model").value || texts.chosen().model;
    if (models.length === 0) warn("None of this server's models writes text.");
    at("model").replaceChildren(...models.map(model => new Option(model.name, model.name, false, model.name === chosen)));
    at("model").parentElement.hidden = models.length < 2;
    showGauge();
  } catch (error) { fail(error); }
}

// ---- writing ----

/** A session that has read a beginning of the text, and the rest that it has not read. */
async function session(text, signal) {
  if (text.session && text.text.startsWith(text.read) && (text.model ?? "") === at("model").value) {
    try {
      // A reload in the middle of an answer, or another window, may have left the session at a place that this page does not know.
      const state = await (await send("GET", `v1/sessions/${text.session}`, undefined, signal)).json();
      if (!state.busy && state.tokens === text.count) return text.text.slice(text.read.length);
      if (state.busy) text.session = "";
    } catch (error) {
      if (error.status !== 404) throw error;
    }
  }
  await forget(text);
  text.model = at("model").value;
  text.session = (await post("v1/sessions", { name: texts.nameOf(text), model: text.model }, signal)).id;
  text.read = "";
  return text.text;
}

async function forget(text) {
  const { session: old } = text;
  text.session = text.read = "";
  text.count = null;
  if (old) await send("DELETE", `v1/sessions/${old}`).catch(() => {});
}

async function write() {
  if (running) return;
  close();
  const text = texts.chosen(), stop = new AbortController(), begin = text.text.length;
  let fault = null;
  running = stop;
  const before = text.before;
  text.before = text.text;
  setRunning(true);
  try {
    // The session is made with the chosen model.
    await ready;
    await attempt(() => stream(text, begin, stop.signal), stop.signal);
  } catch (error) {
    // The session may have read tokens that this page did not receive.
    await forget(text);
    fault = error;
    // What was refused has written nothing, so that the continuation before is still the last one.
    if (text.text === text.before && before !== null) text.before = before;
  }
  texts.touch(text);
  setRunning(false);
  save();
  if (fault) await fail(fault);
  showGauge();
}

async function stream(text, begin, signal) {
  tell("Reading…");
  const prompt = await session(text, signal), started = performance.now();
  let count = 0, first = 0, reason = "";
  const request = { ...sampling(), logprobs: 0 };
  if (prompt) request.prompt = prompt;
  for await (const event of events(`v1/sessions/${text.session}/generate`, request, signal)) {
    const choice = event.choices[0];
    if (!choice) continue;
    first ||= performance.now();
    count += choice.logprobs?.tokens.length ?? 0;
    text.text += choice.text;
    texts.addTokens(text, begin, choice.logprobs);
    reason = choice.finish_reason ?? reason;
    showSoon(`${count} tokens, ${(count / Math.max(0.001, (performance.now() - first) / 1000)).toFixed(0)} per second`);
  }
  // After the end of a text the session has also read the token that ended it.
  text.read = text.text;
  text.count = (await get(`v1/sessions/${text.session}`)).tokens;
  if (reason === "stop") await forget(text);
  tell(`${count} tokens in ${((performance.now() - started) / 1000).toFixed(1)} s${reason === "stop" ? "; the model ended the text" : ""}`);
}

function setRunning(on) {
  if (!on) running = null;
  [at("write").hidden, at("stop").hidden, paper.readOnly] = [on, !on, on];
  show();
}

function rewrite() {
  const text = texts.chosen();
  if (running || text.before === null) return;
  texts.change(text, text.before);
  show();
  write();
}

function sampling() {
  const request = {};
  for (const name of fields) {
    const { value } = at(name);
    if (value !== "" && !(name === "top_k" && Number(value) === 0)) request[name] = Number(value);
  }
  return request;
}

// ---- texts ----

function select(key) {
  if (running) return;
  texts.choose(key);
  // A text goes on with the model that has written it.
  if (models.some(model => model.name === texts.chosen().model)) at("model").value = texts.chosen().model;
  save();
  close();
  show();
  showGauge();
}

async function fork(text) {
  if (running) return;
  const copy = texts.addFork(text);
  show();
  if (text.session) {
    try {
      copy.session = (await post(`v1/sessions/${text.session}/fork`, { name: copy.name })).id;
      [copy.read, copy.count] = [text.read, text.count];
    } catch (error) { if (error.status !== 404) await fail(error); }
  }
  save();
  showGauge();
}

async function rename(text) {
  const name = prompt("Name of the text", texts.nameOf(text));
  if (name === null) return;
  text.name = texts.shortened(name, texts.longestName);
  texts.touch(text);
  save();
  show();
  if (text.session) await send("PATCH", `v1/sessions/${text.session}`, { name: text.name }).catch(() => {});
}

async function remove(text) {
  if (running || (text.text && !confirm(`Delete '${texts.nameOf(text)}'?`))) return;
  texts.remove(text.key);
  save();
  show();
  await forget(text);
  showGauge();
}

// ---- surprisal and alternatives ----

async function score() {
  const text = texts.chosen(), value = text.text;
  attention.hide();
  showMarks();
  if (!at("colour").checked || running || !value) return;
  tell("Scoring…");
  try {
    await ready;
    const answer = await attempt(() => post("v1/completions", { model: at("model").value, prompt: value, echo: true, max_tokens: 0, logprobs: 0 }));
    if (text.text !== value) return;
    text.tokens = [];
    texts.addTokens(text, 0, answer.choices[0].logprobs);
    const known = text.tokens.filter(token => token.logprob !== null);
    tell(known.length ? `${(known.reduce((sum, token) => sum - token.logprob, 0) / Math.LN2 / known.length).toFixed(2)} bits per token` : "");
    show();
  } catch (error) { fail(error); }
}

async function alternatives(token, box) {
  const text = texts.chosen(), prefix = text.text.slice(0, token.start);
  const own = ++asked;
  if (running || !prefix) {
    close();
    if (!running) tell("Nothing stands before the first token, so that it has no alternatives.");
    return;
  }
  choices.replaceChildren(paragraph("…"));
  choices.hidden = false;
  choices.style.left = `${Math.max(8, Math.min(window.scrollX + box.left, document.documentElement.clientWidth - 250))}px`;
  choices.style.top = `${window.scrollY + box.bottom + 6}px`;
  let probe = "";
  try {
    probe = (await post("v1/sessions", { name: "alternatives", model: at("model").value })).id;
    await post(`v1/sessions/${probe}/read`, { prompt: prefix });
    const { data } = await post(`v1/sessions/${probe}/next`, { top: 10 });
    // Another token was chosen, or the list closed, meanwhile.
    if (own !== asked) return;
    choices.replaceChildren(paragraph(`Instead of ${visible(text.text.slice(token.start, token.end))}`), ...data.map(next => alternative(text, prefix, token, next)), lookButton(text, token));
    choices.querySelector("button:not(:disabled)")?.focus();
  } catch (error) {
    if (own !== asked) return;
    close();
    fail(error);
  } finally {
    if (probe) send("DELETE", `v1/sessions/${probe}`).catch(() => {});
  }
}

function alternative(text, prefix, token, next) {
  const share = Math.exp(next.logprob), made = button("", () => take(text, prefix + word));
  let word = null;
  try { word = new TextDecoder("utf-8", { fatal: true }).decode(new Uint8Array(next.bytes)); } catch { /* a part of a character */ }
  const name = document.createElement("code");
  name.textContent = visible(word ?? next.token);
  made.append(name, `${(100 * share).toFixed(share < 0.01 ? 2 : 1)} %`);
  made.style.setProperty("--share", `${(100 * share).toFixed(1)}%`);
  made.disabled = !word;
  if (word && word === text.text.slice(token.start, token.end)) made.className = "own";
  return made;
}

function lookButton(text, token) {
  const made = button("What it looks at", async () => {
    close();
    tell("Looking…");
    try {
      await attempt(() => attention.look(text, token, at("model").value));
      tell("");
    } catch (error) { fail(error); }
  });
  made.className = "look";
  return made;
}

/** Goes on from another token in a fork, so that the text stays as it is. */
function take(text, value) {
  close();
  if (running) return;
  const copy = texts.addFork(text);
  texts.change(copy, value);
  show();
  write();
}

const visible = word => word.replaceAll("\n", "⏎").replaceAll("\t", "⇥").replace(/^ /, "␣") || "∅";

function paragraph(content) {
  const made = document.createElement("p");
  made.textContent = content;
  return made;
}

function close() {
  asked++;
  choices.hidden = true;
  marks.querySelector(".chosen")?.classList.remove("chosen");
}

function openAt(span) {
  close();
  span.classList.add("chosen");
  alternatives({ start: Number(span.dataset.start), end: Number(span.dataset.end) }, span.getBoundingClientRect());
}

function spanUnder(x, y) {
  return [...marks.querySelectorAll("span")].find(span => [...span.getClientRects()].some(box => x >= box.left && x <= box.right && y >= box.top && y <= box.bottom));
}

function spanAtCursor() {
  const position = texts.placeOf(texts.chosen().text, paper.selectionStart), spans = [...marks.querySelectorAll("span")];
  return spans.find(span => span.dataset.start <= position && position < span.dataset.end) ?? spans.at(-1);
}

// ---- events ----

paper.addEventListener("input", () => {
  const text = texts.chosen();
  texts.change(text, texts.edited(text.text, paper.value));
  text.before = null;
  close();
  show();
  save();
});
paper.addEventListener("click", event => {
  const span = paper.selectionStart === paper.selectionEnd ? spanUnder(event.clientX, event.clientY) : null;
  if (span) openAt(span); else close();
});
at("write").addEventListener("click", write);
at("stop").addEventListener("click", () => running?.abort());
at("again").addEventListener("click", rewrite);
at("new").addEventListener("click", () => { if (!running) { texts.add(); save(); show(); showGauge(); paper.focus(); } });
at("colour").addEventListener("change", score);
at("head").addEventListener("change", () => { attention.mark(); showMarks(); });
at("attention-close").addEventListener("click", () => { attention.hide(); showMarks(); });
at("model").addEventListener("change", showGauge);
at("preset").addEventListener("change", event => {
  for (const [name, value] of Object.entries(presets[event.target.value] ?? {})) at(name).value = value;
});
for (const name of fields.slice(1, 6)) at(name).addEventListener("input", () => { at("preset").value = ""; });
addEventListener("keydown", event => {
  if (event.key === "Enter" && event.ctrlKey) { event.preventDefault(); event.shiftKey ? rewrite() : write(); }
  else if (event.key === "Escape") { if (!choices.hidden) { close(); paper.focus(); } else if (attention.hide()) showMarks(); else running?.abort(); }
  else if (event.altKey && event.code === "KeyN") { event.preventDefault(); at("new").click(); }
  else if (event.altKey && event.code === "KeyA") { event.preventDefault(); const span = spanAtCursor(); if (span) openAt(span); }
  else if (!choices.hidden && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
    event.preventDefault();
    const list = [...choices.querySelectorAll("button:not(:disabled)")], next = list.indexOf(document.activeElement) + (event.key === "ArrowDown" ? 1 : -1);
    list[(next + list.length) % list.length]?.focus();
  }
});
addEventListener("resize", showMarks);
addEventListener("pagehide", () => { if (running) { texts.touch(texts.chosen()); texts.save(); } });
addEventListener("storage", event => {
  if (event.key !== texts.place || running) return;
  texts.merge();
  show();
  showGauge();
});
at("theme").addEventListener("click", () => setTheme({ system: "light", light: "dark", dark: "system" }[theme]));

function setTheme(chosen) {
  theme = chosen;
  keep("localStorage", "txl.theme", theme);
  if (theme === "system") delete document.documentElement.dataset.theme; else document.documentElement.dataset.theme = theme;
  at("theme").textContent = `Theme: ${theme}`;
}

setTheme(kept("localStorage", "txl.theme") ?? "system");
at("preset").value = "balanced";
texts.load();
show();
const ready = start();
paper.focus();
