// The texts of this browser. A text knows its session on the server and what the session has read, so that only what is new is sent.
// Several windows may show them: the newer version of a text counts, and a text that one window deleted is gone in all.

import { keep, kept as keptIn } from "./storage.js";

export const place = "txl.texts";
let texts = [];
let current = "";
let stored = new Set();

export function load() {
  const kept = read();
  texts = kept.texts;
  current = kept.current;
  stored = new Set(texts.map(text => text.key));
  chooseOne();
}

function read() {
  try {
    const kept = JSON.parse(keptIn("localStorage", place) ?? "{}");
    return { texts: Array.isArray(kept.texts) ? kept.texts : [], current: kept.current ?? "" };
  } catch { return { texts: [], current: "" }; }
}

/** Takes over what another window has stored. */
export function merge() {
  const kept = new Map(read().texts.map(text => [text.key, text]));
  texts = texts.filter(text => kept.has(text.key) || !stored.has(text.key));
  for (const text of texts) {
    const other = kept.get(text.key);
    if ((other?.changed ?? 0) > (text.changed ?? 0)) Object.assign(text, { tokens: [] }, other);
  }
  texts.unshift(...[...kept.values()].filter(text => !stored.has(text.key) && !texts.some(own => own.key === text.key)));
  stored = new Set(kept.keys());
  chooseOne();
}

function chooseOne() {
  if (texts.length === 0) add();
  if (!texts.some(text => text.key === current)) current = texts[0].key;
}

/** Marks a text as changed now. */
export function touch(text) { text.changed = Date.now(); }

/** Returns a message if the browser's memory for pages is full or blocked. */
export function save() {
  merge();
  if (!keep("localStorage", place, JSON.stringify({ current, texts: texts.map(({ tokens, ...kept }) => kept) }))) {
    return "This browser does not keep the texts: its storage is full or blocked. Copy what you need.";
  }
  // Only now: a text that was not stored must not count as one that another window has deleted.
  stored = new Set(texts.map(text => text.key));
  return "";
}

export const all = () => texts;
export const chosen = () => texts.find(text => text.key === current);
export const choose = key => { current = key; };

export function add(values = {}) {
  const text = { key: crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`, name: "", text: "", read: "", session: "", count: null, before: null, changed: Date.now(), ...values };
  texts.unshift(text);
  current = text.key;
  return text;
}

/** A copy of a text, without its session. */
export function addFork(text) {
  const { key, ...kept } = structuredClone(text);
  const [, name, , number] = /^(.*?)( \(fork(?: (\d+))?\))?$/s.exec(nameOf(text));
  const suffix = nameOf(text) === name ? " (fork)" : ` (fork ${Number(number ?? 1) + 1})`;
  return add({ ...kept, name: shortened(name, longestName - suffix.length) + suffix, session: "", read: "", count: null, changed: Date.now() });
}

export function remove(key) {
  texts = texts.filter(text => text.key !== key);
  chooseOne();
}

/** The most UTF-16 units of a name that the server takes. */
export const longestName = 200;

/** The beginning of a text, with whole characters only. */
export const shortened = (text, units) => text.slice(0, units).replace(/[\ud800-\udbff]$/, "");

export const nameOf = text => text.name || shortened(text.text.trim().split("\n")[0], 40) || "Untitled";

/** A text as a field of a form holds it, where every line ends with a line feed alone. */
export const shown = text => text.replace(/\r\n?/g, "\n");

/** The place in a text of a place in what is shown of it. */
export function placeOf(text, place) {
  let units = 0;
  for (let i = 0; i < place; i++) units += text[units] === "\r" && text[units + 1] === "\n" ? 2 : 1;
  return units;
}

/** A text after what is shown of it was edited: beginning and end keep their line ends. */
export function edited(text, value) {
  const before = shown(text), shorter = Math.min(before.length, value.length);
  let first = 0, last = 0;
  while (first < shorter && before[first] === value[first]) first++;
  while (last < shorter - first && before.at(-1 - last) === value.at(-1 - last)) last++;
  return text.slice(0, placeOf(text, first)) + value.slice(first, value.length - last) + text.slice(placeOf(text, before.length - last));
}

/** Changes the text; tokens whose context is another now are forgotten. */
export function change(text, value) {
  let same = 0;
  const shorter = Math.min(value.length, text.text.length);
  while (same < shorter && value[same] === text.text[same]) same++;
  text.text = value;
  touch(text);
  text.tokens = (text.tokens ?? []).filter(token => token.end <= same);
}

/** Adds the tokens of an answer. Offsets count code points from the place where the answer begins. */
export function addTokens(text, begin, logprobs) {
  if (!logprobs) return;
  text.tokens ??= [];
  const written = text.text.slice(begin);
  let points = 0, units = 0;
  const unitsAt = offset => {
    if (offset < points) points = units = 0;
    while (points < offset && units < written.length) {
      units += written.codePointAt(units) > 0xffff ? 2 : 1;
      points++;
    }
    return begin + units;
  };
  const count = logprobs.tokens.length;
  for (let i = 0; i < count; i++) {
    const start = unitsAt(logprobs.text_offset[i]);
    const last = text.tokens.at(-1);
    if (last && last.end === null) last.end = Math.max(start, last.start);
    text.tokens.push({ start, end: null, logprob: logprobs.token_logprobs[i] });
  }
  const last = text.tokens.at(-1);
  if (last && last.end === null) last.end = text.text.length;
}
