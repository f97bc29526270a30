#!/usr/bin/env bash
# Builds the TorchSharp program beside this script and runs it: run.sh --model small --mode train [--batch N] [--threads N]
# [--precision float32|bf16|autocast] [--attention plain|fused]; or a witness: run.sh encoder THREADS, run.sh recurrent lstm|gru|rnn THREADS ROUNDS.
# --build only builds. Needs the .NET 10 SDK; on Debian 12 also python3 and cc.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
bin=$here/bin/Release/net10.0/linux-x64
native=$bin/native
sources=("$here" "$here/../../src/TransformerXL" "$here/../../src/TransformerXL.Tensors")
if [ ! -e "$native/ready" ] || [ -n "$(find "${sources[@]}" -name '*.cs' -not -path '*/obj/*' -newer "$native/ready" -print -quit)" ]; then
    dotnet build -c Release "$here/TransformerXL.Libtorch.csproj" >&2
    built=1
fi
if [ ! -e "$native/ready" ]; then
    packages=$(dotnet nuget locals global-packages --list | sed 's/^global-packages: //')
    mkdir -p "$native"
    for package in libtorch-cpu-linux-x64 torchsharp; do
        version=$(sed -nE "s/.*Include=\"$package\" Version=\"([^\"]+)\".*/\1/Ip" "$here/../../Directory.Packages.props")
        cp "$packages/$package/$version"/runtimes/linux-x64/native/*.so* "$native/"
    done
    # TorchSharp's library was linked with GCC 13. The libstdc++ of Debian 12 (GCC 12) lacks one symbol of it, the initialiser of iostreams,
    # which older libraries run by themselves. The copy is told that the symbol's version may be missing, and an empty function stands in.
    if ! strings -a "$(ldconfig -p | awk '/libstdc\+\+\.so\.6 .*x86-64/ { print $NF; exit }')" | grep -qx GLIBCXX_3.4.32; then
        python3 "$here/optional_versions.py" "$native/libLibTorchSharp.so" GLIBCXX_3.4.31 GLIBCXX_3.4.32
        echo 'void _ZSt21ios_base_library_initv(void) {}' | cc -shared -fPIC -x c -o "$native/iostreams.so" -
    fi
fi
if [ -n "${built:-}" ]; then
    touch "$native/ready"
fi
if [ "${1:-}" = --build ]; then
    exit 0
fi
if [ -e "$native/iostreams.so" ]; then
    export LD_PRELOAD=$native/iostreams.so
fi
LD_LIBRARY_PATH=$native exec "$bin/libtorch-peer" "$@"
