
'use strict';
// Copies the table beside a button as CSV; without this script the tables can still be read.
const quote = text => /[",\n]/.test(text) ? '"' + text.replaceAll('"', '""') + '"' : text;
const csv = table => Array.from(table.rows, row => Array.from(row.cells, cell => quote(cell.textContent)).join(',')).join('\n') + '\n';

function copyBySelection(text) {
  const area = document.createElement('textarea');
  area.value = text;
  document.body.append(area);
  area.select();
  const copied = document.execCommand('copy');
  area.remove();
  return copied;
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text);
  }
}

for (const button of document.querySelectorAll('button.copy')) {
  const name = button.textContent;
  button.hidden = false;
  button.addEventListener('click', async () => {
    const copied = await copy(csv(button.parentElement.querySelector('table')));
    button.textContent = copied ? 'Copied' : 'The browser does not allow copying';
    setTimeout(() => { button.textContent = name; }, 2000);
  });
}

// Touch screens have no hover: a tap on a piece of text shows its details below the text.
for (const text of document.querySelectorAll('.colored')) {
  let picked = null, readout = null;
  text.addEventListener('click', event => {
    const piece = event.target.closest('span');
    if (!piece) return;
    picked?.classList.remove('picked');
    picked = piece;
    piece.classList.add('picked');
    if (!readout) {
      readout = document.createElement('p');
      readout.className = 'readout';
      readout.setAttribute('role', 'status');
      text.after(readout);
    }
    readout.textContent = piece.title;
  });
}

// What the reader chose, opened and where they are stays while a page is written anew, as it is during a training.
const place = 'txl ' + location.pathname;
const choices = () => Array.from(document.querySelectorAll('.switches input, .live input'));
// Titles repeat and contain changing numbers.
function folds() {
  const seen = {};
  return Array.from(document.querySelectorAll('details'), fold => {
    const heading = fold.closest('figure, section')?.querySelector('figcaption, h2, h3')?.textContent ?? '';
    const title = (heading + ' ' + fold.firstElementChild.textContent).replace(/\d[\d,. ]*(rows?)?/g, '');
    seen[title] = (seen[title] ?? 0) + 1;
    return { fold, name: title + ' ' + seen[title] };
  });
}

function keep() {
  const chosen = Object.fromEntries(choices().map(input => [input.name + ' ' + input.value, input.checked]));
  const opened = Object.fromEntries(folds().map(({ fold, name }) => [name, fold.open]));
  try {
    sessionStorage.setItem(place, JSON.stringify({ chosen, opened, top: scrollY }));
  } catch {
    // A browser that stores nothing shows the page as it is written.
  }
}

function restore() {
  let kept = null;
  try {
    kept = JSON.parse(sessionStorage.getItem(place));
  } catch {
    return;
  }
  if (!kept) return;
  for (const input of choices()) input.checked = kept.chosen[input.name + ' ' + input.value] ?? input.checked;
  for (const { fold, name } of folds()) fold.open = kept.opened[name] ?? fold.open;
  scrollTo(0, kept.top);
}

restore();
document.addEventListener('change', keep);
document.addEventListener('toggle', keep, true);
addEventListener('pagehide', keep);

// A page of a file may not fetch, but it may load itself again. After a quarter of an hour without news it does so once a minute.
const live = document.querySelector('.live');
if (live) {
  const written = new Date(live.dataset.written), pause = 1000 * live.dataset.seconds, wait = live.querySelector('label');
  const idle = Date.now() - written > 900000;
  wait.hidden = false;
  if (idle) live.querySelector('span').textContent = 'No news since ' + written.toLocaleString() + '; the training may have ended.';
  setInterval(() => {
    const reading = document.hidden ? true : !document.getSelection().isCollapsed;
    if (reading) return;
    if (!live.querySelector('input').checked) return;
    keep();
    location.reload();
  }, idle ? 60000 : pause);
}
