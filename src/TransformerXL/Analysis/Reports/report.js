
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

// A finger cannot hover: what is told about a piece of text when it is pointed at stands below the text after a tap.
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
