#!/usr/bin/env bash
# Fuzzes one parser, or each in turn, with AFL++ and SharpFuzz: fuzz.sh FOLDER SECONDS [TARGET...]
# Needs afl-fuzz (Debian: afl++). What it finds is in FOLDER/findings/TARGET/default/{crashes,hangs}; see README.md.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
folder=$(mkdir -p "$1" && cd "$1" && pwd)
seconds=$2
shift 2
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1
export AFL_SKIP_BIN_CHECK=1 AFL_SKIP_CPUFREQ=1 AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 AFL_NO_UI=1 AFL_AUTORESUME=1 AFL_NO_AFFINITY=1
# Parsers that take paths write their input to a file; in memory that costs nothing.
if [ -d /dev/shm ]; then export TMPDIR=/dev/shm; fi
# A single-threaded collector and no tiers keep the paths of one input the same from run to run.
export DOTNET_gcConcurrent=0 DOTNET_TieredPGO=0

# The instrumented copy is made anew where the program has changed: TXL_FUZZ_KEEP=1 keeps the one that is there.
if [ "${TXL_FUZZ_KEEP:-}" != 1 ] || [ ! -e "$folder/program/TransformerXL.Fuzz.dll" ]; then
    rm -rf "$folder/program"
    dotnet build "$here" -c Release -o "$folder/program" -p:RunAnalyzers=false -p:EnforceCodeStyleInBuild=false
    # Instrumented code runs under afl-fuzz only, so the seeds are written before.
    rm -rf "$folder/seeds"
    dotnet "$folder/program/TransformerXL.Fuzz.dll" seeds "$folder/seeds"
    [ -x "$folder/tools/sharpfuzz" ] || dotnet tool install SharpFuzz.CommandLine --version 2.3.0 --tool-path "$folder/tools"
    for library in TransformerXL TransformerXL.Training TransformerXL.Interchange TransformerXL.Analysis TransformerXL.Compression; do
        "$folder/tools/sharpfuzz" "$folder/program/$library.dll"
    done
fi

if [ $# -eq 0 ]; then
    mapfile -t all < <(ls "$folder/seeds")
    set -- "${all[@]}"
fi

for target in "$@"; do
    mkdir -p "$folder/findings/$target"
    afl-fuzz -i "$folder/seeds/$target" -o "$folder/findings/$target" -V "$seconds" -t 10000 -m none \
        -- dotnet "$folder/program/TransformerXL.Fuzz.dll" run "$target" > "$folder/findings/$target/log" 2>&1 || { tail -20 "$folder/findings/$target/log"; exit 1; }
    grep -E "^(execs_done|corpus_count|saved_crashes|saved_hangs|edges_found|run_time) " "$folder/findings/$target/default/fuzzer_stats" | tr -s ' ' | tr '\n' ' ' | sed "s|^|$target: |"
    echo
done
