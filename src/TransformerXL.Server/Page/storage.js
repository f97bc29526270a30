// What the browser keeps for this page. A browser that blocks storage throws at every access; nothing is kept then, and the page works all the same.

/** The value of a place in localStorage or sessionStorage; null if there is none, or storage is blocked. */
export function kept(area, place) {
  try { return window[area].getItem(place); } catch { return null; }
}

/** Returns whether the value was kept: not where storage is blocked or full. */
export function keep(area, place, value) {
  try {
    window[area].setItem(place, value);
    return true;
  } catch { return false; }
}
