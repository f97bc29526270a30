"""Turns what a terminal shows (tmux capture-pane -e) into an SVG picture: ansi2svg.py COLUMNS < SCREEN > PICTURE."""
import re
import sys
from html import escape

CELL, LINE, SIZE, MARGIN = 8.4, 19, 14, 16
BACKGROUND, INK = "#14171b", "#e8eaed"
BASIC = ["#6b7280", "#f07178", "#4cc38a", "#e6b450", "#56b4e9", "#c58fd6", "#4fc1c9", "#d5d9de"]
BRIGHT = ["#8b93a1", "#ff8b92", "#6fe0a8", "#ffd173", "#7cc8f5", "#dcaaf0", "#72dbe2", "#ffffff"]


def indexed(number):
    """A colour of the 256 of xterm."""
    if number < 16:
        return (BASIC + BRIGHT)[number]
    if number < 232:
        steps = [0, 95, 135, 175, 215, 255]
        number -= 16
        return "#%02x%02x%02x" % (steps[number // 36], steps[number // 6 % 6], steps[number % 6])
    grey = 8 + 10 * (number - 232)
    return "#%02x%02x%02x" % (grey, grey, grey)


def apply(codes, style):
    """The style (colour, bold, dim) after an SGR sequence."""
    color, bold, dim = style
    numbers = iter([int(code or 0) for code in codes.split(";")])
    for code in numbers:
        if code == 0:
            color, bold, dim = INK, False, False
        elif code in (1, 2, 22):
            bold, dim = code == 1, code == 2
        elif 30 <= code <= 37:
            color = BASIC[code - 30]
        elif 90 <= code <= 97:
            color = BRIGHT[code - 90]
        elif code == 39:
            color = INK
        elif code == 38:
            color = indexed(next(numbers)) if next(numbers) == 5 else "#%02x%02x%02x" % (next(numbers), next(numbers), next(numbers))
    return color, bold, dim


def pieces(line, style):
    """Runs of text of one style: column, text, style; and the style at the end."""
    found, column, at = [], 0, 0
    for match in list(re.finditer(r"\x1b\[([0-9;]*)m", line)) + [None]:
        text = line[at : match.start() if match else len(line)]
        if text.strip():
            found.append((column + len(text) - len(text.lstrip()), text.strip(), style))
        column += len(text)
        if match:
            at, style = match.end(), apply(match.group(1), style)
    return found, style


def main():
    columns = int(sys.argv[1])
    lines = sys.stdin.buffer.read().decode("utf-8").rstrip().split("\n")
    width, height = 2 * MARGIN + columns * CELL, 2 * MARGIN + len(lines) * LINE
    print(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}" height="{height:g}">')
    print(f'<rect width="100%" height="100%" rx="8" fill="{BACKGROUND}"/>')
    print(f'<g font-family="ui-monospace, DejaVu Sans Mono, Menlo, Consolas, monospace" font-size="{SIZE}" xml:space="preserve">')
    style = (INK, False, False)
    for number, line in enumerate(lines):
        found, style = pieces(line, style)
        for column, text, (color, bold, dim) in found:
            look = ' font-weight="bold"' if bold else ' opacity="0.65"' if dim else ""
            x, y = MARGIN + column * CELL, MARGIN + (number + 0.75) * LINE
            print(f'<text x="{x:g}" y="{y:g}" textLength="{len(text) * CELL:g}" fill="{color}"{look}>{escape(text)}</text>')
    print("</g>\n</svg>")


if __name__ == "__main__":
    main()
