// Requests to the server of this page: the key, errors with a text for people, and streams of events.

import { keep, kept } from "./storage.js";

let key = kept("sessionStorage", "txl.key") ?? "";

export class ApiError extends Error {
  constructor(status, message, retryAfter) {
    super(message);
    this.status = status;
    this.retryAfter = retryAfter;
    this.hadKey = key !== "";
  }
}

export function useKey(value) {
  key = value;
  keep("sessionStorage", "txl.key", value);
}

export async function send(method, path, body, signal) {
  const headers = {};
  if (key) headers.authorization = `Bearer ${key}`;
  if (body !== undefined) headers["content-type"] = "application/json";
  let answer;
  try {
    answer = await fetch(path, { method, headers, signal, body: body === undefined ? undefined : JSON.stringify(body) });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError(0, "The server does not answer.");
  }
  if (answer.ok) return answer;
  let message = `The server answered with status ${answer.status}.`;
  try { message = (await answer.json()).error.message; } catch { /* no body in the usual shape */ }
  throw new ApiError(answer.status, message, Number(answer.headers.get("retry-after")) || 1);
}

export const get = async path => (await send("GET", path)).json();
export const post = async (path, body, signal) => (await send("POST", path, body ?? {}, signal)).json();

/** Milliseconds that a stream may keep the page. */
const pause = 30;

/** The objects of a stream of server-sent events, until [DONE]. */
export async function* events(path, body, signal) {
  const answer = await send("POST", path, { ...body, stream: true }, signal);
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "", shown = performance.now();
  while (true) {
    let part;
    try {
      part = await reader.read();
    } catch (error) {
      if (error.name === "AbortError") throw error;
      throw new ApiError(0, "The connection was lost.");
    }
    if (part.done) throw new ApiError(0, "The connection ended before the text did.");
    rest += part.value;
    const blocks = rest.split("\n\n");
    rest = blocks.pop();
    for (const block of blocks) {
      if (!block.startsWith("data: ")) continue;
      const data = block.slice(6);
      if (data === "[DONE]") return;
      const value = JSON.parse(data);
      if (value.error) throw new ApiError(500, value.error.message);
      yield value;
    }
    // Parts of a fast model may arrive before they are read. Without a pause the browser would run no timer and handle no key.
    if (performance.now() - shown > pause) {
      await new Promise(resolve => setTimeout(resolve));
      shown = performance.now();
    }
  }
}
