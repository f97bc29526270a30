#!/usr/bin/env bash
# Makes the pictures of README: the screen of a training, and the report of a run on a light and on a dark page.
# Usage: docs/pictures/make.sh TEXT     (a UTF-8 text that may be shown, about 1 MB; takes a minute or two)
# Needs tmux, python3 and chromium; on Debian: apt-get install tmux python3 chromium
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
text=${1:?name a text: docs/pictures/make.sh TEXT}
columns=100 lines=32 width=960 height=690
scratch=$(mktemp -d)
session="txl-picture-$$"
trap 'tmux kill-session -t "$session" 2> "$scratch/ended" || true; rm -rf "$scratch"' EXIT

# What the pictures show is the command of README, so the paths on them are the ones that it has.
mkdir -p "$scratch/user/runs"
cp "$text" "$scratch/user/mytext.txt"
dotnet build -c Release "$here/../../src/TransformerXL.Cli" -p:RunAnalyzers=false -o "$scratch/program" > "$scratch/build" || { cat "$scratch/build"; exit 1; }

tmux new-session -d -s "$session" -x "$columns" -y "$lines" -c "$scratch/user" \
    env TERM=xterm-256color COLORTERM=truecolor dotnet "$scratch/program/txl.dll" train --preset tiny --data mytext.txt --out runs/mine
tmux set-option -t "$session" remain-on-exit on > "$scratch/tmux"
capture() { tmux capture-pane -e -p -t "$session"; }

# The last picture after the third validation shows a sample and a curve that has gone most of its way.
until capture | grep -q "at step 1500"; do
    if [ "$(tmux display-message -p -t "$session" '#{pane_dead}')" = 1 ]; then
        capture
        exit 1
    fi
    sleep 0.5
done
capture > "$scratch/screen"
python3 "$here/ansi2svg.py" "$columns" < "$scratch/screen" > "$here/training.svg"

until [ "$(tmux display-message -p -t "$session" '#{pane_dead}')" = 1 ]; do
    sleep 0.5
done
for look in light dark; do
    scheme=$([ "$look" = dark ] && echo 0 || echo 1)
    chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --blink-settings=preferredColorScheme="$scheme" \
        --window-size="$width,$height" --screenshot="$here/report-$look.png" "file://$scratch/user/runs/mine/report.html" 2> "$scratch/chromium"
done
ls -l "$here"
