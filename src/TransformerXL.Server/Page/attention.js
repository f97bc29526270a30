// What each head looks at from a token: the text in colours, and a line for each head.

import { post, send } from "./api.js";

const at = id => document.getElementById(id);
let shown = null;

/** The attention of a token of a text, by a session that has read the text before it. */
export async function look(text, token, model) {
  const before = text.text.slice(0, token.start);
  let probe = "";
  try {
    probe = (await post("v1/sessions", { name: "attention", model })).id;
    if (before) await post(`v1/sessions/${probe}/read`, { prompt: before });
    const answer = await post(`v1/sessions/${probe}/attention`, { prompt: text.text.slice(token.start, token.end) });
    shown = { text, value: text.text, token, heads: heads(answer), places: places(answer, text.text.slice(0, token.end)) };
  } finally {
    if (probe) send("DELETE", `v1/sessions/${probe}`).catch(() => {});
  }
  list();
  choose(0);
}

/** Forgets what is shown; returns whether there was something. */
export function hide() {
  const was = shown !== null;
  shown = null;
  at("attention").hidden = true;
  return was;
}

/** Whether the text is still the one that was looked at. */
export const isOf = text => shown !== null && shown.text === text && shown.value === text.text;

/** The parts of the text that are coloured, in order: start, end, heat, and whether it is the token itself. */
export function parts() {
  const { weights } = shown.heads[at("head").selectedIndex], strongest = Math.max(...shown.places.map(place => weights[place.position]), 1e-6);
  return shown.places.map(place => ({ start: place.start, end: place.end, heat: 0.75 * weights[place.position] / strongest, own: place.end === shown.token.end }));
}

function heads(answer) {
  const every = answer.weights.flat(), mean = every[0].map((_, i) => every.reduce((sum, weights) => sum + weights[i], 0) / every.length);
  const named = answer.weights.flatMap((layer, i) => layer.map((weights, j) => ({ name: `layer ${i + 1}, head ${j + 1}`, weights })));
  return [{ name: "mean of all heads", weights: mean }, ...named];
}

/** Where the tokens that were looked at stand in the text. The ones before its beginning have no place. */
function places(answer, text) {
  const encoder = new TextEncoder(), characters = [], found = [];
  // For each byte of the end of the text the place of its character.
  for (let i = Math.max(0, text.length - 65536); i < text.length;) {
    const units = text.codePointAt(i) > 0xffff ? 2 : 1;
    characters.push(...Array(encoder.encode(text.slice(i, i + units)).length).fill(i));
    i += units;
  }
  characters.push(text.length);
  let end = characters.length - 1, position = answer.positions - 1;
  for (const { bytes } of answer.context.toReversed()) {
    const begin = end - bytes.length;
    if (begin < 0) break;
    if (characters[begin] < characters[end]) found.push({ start: characters[begin], end: characters[end], position });
    end = begin;
    position--;
  }
  return found.reverse();
}

function list() {
  const { text, token, heads: all } = shown;
  at("attention-of").textContent = `What ${visible(text.text.slice(token.start, token.end))} looks at`;
  at("head").replaceChildren(...all.map(head => new Option(head.name)));
  at("heads").replaceChildren(...all.slice(1).map((head, i) => row(head, i + 1)));
  at("attention").hidden = false;
}

/** A line of the table: the tokens with the highest weights, and how far back the head looks in the mean. */
function row(head, index) {
  const line = document.createElement("tr"), last = head.weights.length - 1, name = document.createElement("button");
  const best = shown.places.map(place => ({ ...place, weight: head.weights[place.position] })).sort((a, b) => b.weight - a.weight).slice(0, 3);
  const distance = head.weights.reduce((sum, weight, i) => sum + weight * (last - i), 0);
  name.type = "button";
  name.textContent = head.name;
  name.addEventListener("click", () => choose(index));
  const cells = [name, best.map(place => `${visible(shown.text.text.slice(place.start, place.end))} ${(100 * place.weight).toFixed(0)} %`).join(", "), distance.toFixed(1)];
  for (const content of cells) {
    const cell = document.createElement("td");
    cell.append(content);
    line.append(cell);
  }
  return line;
}

function choose(index) {
  at("head").selectedIndex = index;
  at("head").dispatchEvent(new Event("change"));
}

export function mark() {
  [...at("heads").children].forEach((line, i) => line.toggleAttribute("aria-current", i + 1 === at("head").selectedIndex));
}

const visible = word => `“${word.replaceAll("\n", "⏎").replaceAll("\t", "⇥").replace(/^ /, "␣")}”`;
