#!/usr/bin/env python3
"""Compares txl with the same models in libtorch or PyTorch, alternating between them in one run.

Standard library only. The other side runs in a process of its own (TransformerXL.Libtorch/run.sh or
pytorch/measure_reference.py) that waits on its standard input, without using the processor, while txl is measured.
"""

import argparse
import json
import os
import pathlib
import platform
import shlex
import statistics
import subprocess
import sys
import time

# A measurement leaves no compiled copies in the repository.
sys.dont_write_bytecode = True

from reference_process import ComparisonError, Reference

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent
CLI_PROJECT = "src/TransformerXL.Cli"
CLI_COMMAND = ["dotnet", str(REPOSITORY / CLI_PROJECT / "bin/Release/net10.0/txl.dll")]
TRANSFORMER_XL = ("small", "enwik8-base")
ENCODERS = ("bert-base", "bert-base-512")
RECURRENT = ("lstm", "gru")
MODELS = TRANSFORMER_XL + ENCODERS + RECURRENT
MODES = ("train", "evaluate", "generate")
# Streams where none are given, training and evaluation; 1 elsewhere.
BATCH = {"small": (16, 1), "bert-base": (8, 8), "lstm": (32, 32), "gru": (32, 32)}
# The figures that both programs must give; the rest of a line is kept for --json only.
FIGURES = ("tokens_per_second", "seconds_per_step", "peak_memory_bytes")
# What txl may leave out, but must not give differently from the reference.
SHAPE = ("target_length", "memory_length", "parameters", "dropout")
# Threads of a mathematics library spin for a moment after their last task.
SETTLE_SECONDS = 0.3
IDLE_SHARE_LIMIT = 0.02


def short_formats(arguments):
    """The options by which our training keeps weights and moments in fewer bits, as it names them."""
    formats = (("weights", arguments.weights), ("moments", arguments.moments))
    return [(option, value) for option, value in formats if value != "float32"]


def measure_ours(arguments, model, mode, batch):
    """Runs txl bench once and returns its JSON object."""
    command = [*arguments.ours, "bench", mode, "--model", model,
               "--seconds", f"{arguments.seconds:g}", "--threads", str(arguments.threads),
               "--batch", str(batch), "--json"]
    if arguments.precision != "float32":
        command += ["--precision", arguments.precision]
    if mode == "train":
        for option, value in short_formats(arguments):
            command += [f"--{option}", value]
    shown = shlex.join(command)
    try:
        result = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                timeout=arguments.timeout, check=False)
    except OSError as error:
        raise ComparisonError(f"cannot start '{shown}': {error}") from error
    except subprocess.TimeoutExpired as error:
        raise ComparisonError(
            f"'{shown}' did not end within {arguments.timeout:g} s (--timeout)") from error
    if result.returncode != 0:
        raise ComparisonError(
            f"'{shown}' ended with exit code {result.returncode}:\n{result.stderr.strip()}")
    return parse_ours(result.stdout, shown)


def parse_ours(text, shown):
    lines = [line for line in text.splitlines() if line.startswith("{")]
    if not lines:
        raise ComparisonError(f"'{shown}' printed no JSON object: {text[:200]!r}")
    try:
        return json.loads(lines[-1])
    except ValueError as error:
        raise ComparisonError(
            f"'{shown}' printed broken JSON ({error}): {lines[-1][:200]}") from error


def check(side, reply, expected):
    """Refuses figures that are missing, impossible, or of another shape than was asked for."""
    for key, value in expected.items():
        if reply.get(key) != value:
            raise ComparisonError(f"{side} measured {key} {reply.get(key)!r}, asked for {value!r}")
    for key in FIGURES:
        value = reply.get(key)
        if not isinstance(value, (int, float)) or not value > 0:
            raise ComparisonError(f"{side} gave {key} {value!r}, expected a number above 0")
    return reply


def compare(arguments, model, mode):
    """Measures one model in one mode, round by round, and returns everything that was seen."""
    batch = arguments.batch or default_batch(model, mode)
    expected = {"model": model, "mode": mode, "batch": batch, "threads": arguments.threads}
    rounds = []
    with Reference(arguments, model, mode, batch) as reference:
        # Construction and warm-up end here, so neither overlaps with a measurement of ours.
        say(f"{model} {mode}: warming up the reference")
        facts = reference.ask("ready")

        def measure_reference():
            return check("the reference", reference.ask(f"go {arguments.seconds:g}"),
                         expected | {"precision": arguments.reference_precision})

        def measure_txl():
            before, begin = reference.processor_seconds(), time.monotonic()
            reply = measure_ours(arguments, model, mode, batch)
            shape = {key: facts[key] for key in SHAPE if key in reply}
            short = short_formats(arguments) if mode == "train" else []
            named = model + "".join(f", {option} in {value}" for option, value in short)
            check("txl", reply, expected | shape | {"precision": arguments.precision, "model": named})
            after, elapsed = reference.processor_seconds(), time.monotonic() - begin
            share = 0.0 if None in (before, after) else (after - before) / elapsed
            if share > IDLE_SHARE_LIMIT:
                say(f"  warning: the reference used {share:.0%} of a processor while txl ran")
            return reply | {"reference_processor_share": share}

        sides = [("reference", measure_reference), ("ours", measure_txl)]
        for number in range(arguments.rounds):
            seen = {}
            # Every other round begins with the other side, so that a drift favours neither.
            for name, measure in sides if number % 2 == 0 else reversed(sides):
                time.sleep(SETTLE_SECONDS)
                seen[name] = measure()
            seen["ratio"] = (seen["ours"]["tokens_per_second"]
                             / seen["reference"]["tokens_per_second"])
            rounds.append(seen)
            say(f"  round {number + 1}: reference {tokens(seen['reference'])} tokens/s, "
                f"ours {tokens(seen['ours'])} tokens/s, {seen['ratio']:.2f} times")
    return summarise(model, mode, batch, facts, rounds)


def default_batch(model, mode):
    train, evaluate = BATCH.get(model, (1, 1))
    return {"train": train, "evaluate": evaluate}.get(mode, 1)


def summarise(model, mode, batch, facts, rounds):
    def median(side, key):
        return statistics.median(r[side][key] for r in rounds)

    def peak(side):
        return max(r[side]["peak_memory_bytes"] for r in rounds)

    speeds = {side: median(side, "tokens_per_second") for side in ("reference", "ours")}
    ratios = [r["ratio"] for r in rounds]
    return {
        "model": model, "mode": mode, "batch": batch,
        "reference_tokens_per_second": speeds["reference"],
        "ours_tokens_per_second": speeds["ours"],
        "ratio_of_medians": speeds["ours"] / speeds["reference"],
        "ratio_min": min(ratios), "ratio_max": max(ratios),
        "reference_seconds_per_step": median("reference", "seconds_per_step"),
        "ours_seconds_per_step": median("ours", "seconds_per_step"),
        "reference_peak_memory_bytes": peak("reference"),
        "ours_peak_memory_bytes": peak("ours"),
        "reference_facts": facts, "rounds": rounds,
    }


def tokens(reply):
    return number_text(reply["tokens_per_second"])


def number_text(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def table(results, precision):
    """The results as a Markdown table, aligned to be read on a terminal too."""
    head = ["model", "mode", "batch", "precision", "reference tokens/s", "ours tokens/s",
            "ours / reference", "min–max", "reference peak", "ours peak"]
    rows = [[r["model"], r["mode"], str(r["batch"]), precision,
             number_text(r["reference_tokens_per_second"]),
             number_text(r["ours_tokens_per_second"]),
             f"{r['ratio_of_medians']:.2f}", f"{r['ratio_min']:.2f}–{r['ratio_max']:.2f}",
             mebibytes(r["reference_peak_memory_bytes"]), mebibytes(r["ours_peak_memory_bytes"])]
            for r in results]
    widths = [max(map(len, column)) for column in zip(head, *rows)]
    lines = [[cell.ljust(width) for cell, width in zip(row, widths)] for row in [head, *rows]]
    lines.insert(1, ["-" * width for width in widths])
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def mebibytes(count):
    return f"{count / 2**20:,.0f} MiB"


def machine():
    name = platform.processor() or platform.machine()
    try:
        for line in pathlib.Path("/proc/cpuinfo").read_text("utf-8").splitlines():
            if line.startswith("model name"):
                name = line.partition(":")[2].strip()
                break
    except OSError:
        pass
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    return {"processor": name, "logical_processors": os.cpu_count(), "load_at_start": load}


def build():
    if not (REPOSITORY / CLI_PROJECT).is_dir():
        raise ComparisonError(f"{REPOSITORY / CLI_PROJECT} does not exist (--ours, --no-build)")
    say(f"dotnet build -c Release {CLI_PROJECT}")
    try:
        result = subprocess.run(["dotnet", "build", "-c", "Release", CLI_PROJECT], cwd=REPOSITORY,
                                capture_output=True, text=True, check=False)
    except OSError as error:
        raise ComparisonError(
            f"cannot start dotnet ({error}); it comes with the .NET 10 SDK") from error
    if result.returncode != 0:
        raise ComparisonError(f"the build failed:\n{result.stdout.strip()[-4000:]}")


def say(text):
    print(text, file=sys.stderr, flush=True)


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    side = parser.add_mutually_exclusive_group(required=True)
    side.add_argument("--libtorch", action="store_true",
                      help="compare with the TorchSharp program in TransformerXL.Libtorch")
    side.add_argument("--reference", metavar="DIR",
                      help="compare with PyTorch: root of a checkout of kimiyoung/transformer-xl")
    parser.add_argument("--attention", choices=("plain", "fused"), default="plain",
                        help="of libtorch; fused is its kernel for attention (default plain)")
    parser.add_argument("--models", type=one_of(MODELS), default=TRANSFORMER_XL,
                        help=f"of {','.join(MODELS)}, separated by commas (default {','.join(TRANSFORMER_XL)}); "
                             "encoders and recurrent models with --libtorch only")
    parser.add_argument("--modes", type=one_of(MODES), default=MODES,
                        help=f"separated by commas (default {','.join(MODES)}; encoders do not generate)")
    parser.add_argument("--rounds", type=at_least_one(int), default=3, help="default 3")
    parser.add_argument("--seconds", type=at_least_one(float), default=6.0,
                        help="length of each measurement (default 6)")
    parser.add_argument("--threads", type=at_least_one(int), default=2, help="default 2")
    parser.add_argument("--batch", type=at_least_one(int),
                        help="streams (default: 16 for training 'small', 8 for bert-base, 32 for lstm and gru, otherwise 1)")
    parser.add_argument("--dropout", type=float, default=0.1,
                        help="of the reference in training; that of txl bench is 0.1 (default)")
    parser.add_argument("--precision", choices=("float32", "bf16", "int8"), default="float32",
                        help="of txl (default float32; int8 does not train)")
    parser.add_argument("--weights", choices=("float32", "bf16"), default="float32",
                        help="precision of the weights in our training; default float32")
    parser.add_argument("--moments", choices=("float32", "bf16", "fp8"), default="float32",
                        help="precision of Adam's moments in our training; default float32")
    parser.add_argument("--reference-precision", choices=("float32", "bf16", "autocast"), default="float32",
                        help="of the reference; bf16 is its autocast (default float32). Encoders and recurrent "
                             "models of libtorch: bf16 is the module with its parameters, autocast keeps them in float32")
    parser.add_argument("--ours", type=shlex.split, metavar="COMMAND", default=None,
                        help="command measured instead of the txl of this repository")
    parser.add_argument("--no-build", action="store_true", help="measure txl as it was built last")
    parser.add_argument("--python", default="/usr/bin/python3",
                        help="interpreter that has torch, for --reference (default /usr/bin/python3)")
    parser.add_argument("--openblas-coretype", metavar="NAME",
                        help="set OPENBLAS_CORETYPE for PyTorch, e.g. SkylakeX")
    parser.add_argument("--openmp-wait-policy", choices=("active", "passive"),
                        help="set OMP_WAIT_POLICY for the reference")
    parser.add_argument("--allow-slow-blas", action="store_true",
                        help="measure even if torch calls the unoptimised reference BLAS")
    parser.add_argument("--timeout", type=at_least_one(float), default=900.0,
                        help="seconds after which either side is given up (default 900)")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="write everything there")
    arguments = parser.parse_args()
    if arguments.reference and set(arguments.models) - set(TRANSFORMER_XL):
        parser.error(f"--reference has {' and '.join(TRANSFORMER_XL)} only; use --libtorch")
    return arguments


def one_of(allowed):
    def parse(text):
        names = tuple(text.split(","))
        for name in names:
            if name not in allowed:
                raise argparse.ArgumentTypeError(f"'{name}' is none of {', '.join(allowed)}")
        return names
    return parse


def at_least_one(kind):
    def parse(text):
        value = kind(text)
        if not value >= 1:
            raise argparse.ArgumentTypeError(f"{text} is less than 1")
        return value
    parse.__name__ = kind.__name__
    return parse


def run(arguments):
    facts = machine()
    if arguments.ours is None:
        arguments.ours = CLI_COMMAND
        if not arguments.no_build:
            build()
    say(f"{facts['processor']}, {facts['logical_processors']} logical processors, "
        f"load {facts['load_at_start']:.2f}, {arguments.threads} threads, "
        f"{arguments.rounds} round(s) of {arguments.seconds:g} s")
    results = []
    precision = arguments.precision
    if arguments.reference_precision != precision:
        precision = f"{arguments.reference_precision} / {precision}"
    report = {"machine": facts, "precision": precision, "threads": arguments.threads, "seconds": arguments.seconds,
              "ours": shlex.join(arguments.ours), "results": results}
    try:
        for model in arguments.models:
            for mode in arguments.modes:
                if mode == "generate" and model in ENCODERS:
                    continue
                results.append(compare(arguments, model, mode))
    finally:
        # What was measured before a failure took minutes and is kept.
        if results:
            publish(arguments, report)
    if not results:
        sys.exit("nothing was measured: the models read a text as a whole and generate none")


def publish(arguments, report):
    reference = report["results"][0]["reference_facts"]
    print(f"{report['machine']['processor']}, {arguments.threads} threads; reference: "
          f"torch {reference['torch']}, {reference['blas']}, "
          f"OpenMP wait policy {reference['openmp_wait_policy']}\n")
    print(table(report["results"], report["precision"]), flush=True)
    if arguments.json:
        arguments.json.write_text(json.dumps(report, indent=2) + "\n", "utf-8")


def main():
    try:
        run(parse_arguments())
    except ComparisonError as error:
        say(f"compare: {error}")
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
