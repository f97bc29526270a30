#!/usr/bin/env bash
# Makes the pictures of the page of `txl serve` in docs/serving.md: other words with their probabilities, and what a head looks at, on a light and on a dark page.
# Usage: docs/pictures/page.sh RUN     (a trained run, for example of the preset tiny on tiny Shakespeare)
# Needs nodejs, npm and chromium; on Debian: apt-get install nodejs npm chromium
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
run=$(realpath "${1:?name a run: docs/pictures/page.sh RUN}")
scratch=$(mktemp -d)
server=""
trap '[ -z "$server" ] || kill "$server"; rm -rf "$scratch"' EXIT

dotnet build -c Release "$here/../../src/TransformerXL.Cli" -p:RunAnalyzers=false -o "$scratch/program" > "$scratch/build" || { cat "$scratch/build"; exit 1; }
npm install --silent --no-audit --no-fund --prefix "$scratch" playwright-core@1.65.1 > "$scratch/npm" || { cat "$scratch/npm"; exit 1; }
dotnet "$scratch/program/txl.dll" serve "$run" --port 0 --log none > "$scratch/address" 2> "$scratch/log" &
server=$!
until [ -s "$scratch/address" ]; do
    kill -0 "$server" 2> "$scratch/ended" || { cat "$scratch/log"; exit 1; }
    sleep 0.2
done
cp "$here/page.mjs" "$scratch"
node "$scratch/page.mjs" "$(head -1 "$scratch/address")" "$here"
ls -l "$here"/page-*.png
