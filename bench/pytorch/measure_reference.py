#!/usr/bin/env python3
"""Measures the reference PyTorch Transformer-XL: one JSON line per measurement on stdout.

With --serve it reads requests from stdin, one per line, and answers each with one JSON line:
"ready" (answered when the model is built and warm), "go SECONDS" (one measurement), "quit".
"""

import argparse
import json
import math
import os
import resource
import statistics
import sys
import time

# Neither this folder nor the checkout should be left with compiled copies.
sys.dont_write_bytecode = True

from blas import loaded_blas
from reference_model import (
    MODES, PRECISIONS, PRESETS, MeasurementError, Workload, import_torch)


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--checkout", required=True, metavar="DIR",
                        help="root of a checkout of kimiyoung/transformer-xl")
    parser.add_argument("--model", choices=sorted(PRESETS), required=True)
    parser.add_argument("--mode", choices=MODES, required=True)
    parser.add_argument("--threads", type=positive(int), default=2)
    parser.add_argument("--batch", type=positive(int),
                        help="streams (default: 16 for training 'small', otherwise 1)")
    parser.add_argument("--seconds", type=positive(float), default=6.0,
                        help="a measurement ends with the first step after so long (default 6)")
    parser.add_argument("--repeat", type=positive(int), default=1,
                        help="measurements (default 1)")
    parser.add_argument("--warm-up", type=positive(int), default=1,
                        help="steps with full memories before the first measurement (default 1)")
    parser.add_argument("--dropout", type=float, default=0.1, help="default 0.1")
    parser.add_argument("--dropatt", type=float, default=0.0,
                        help="dropout of attention probabilities (default 0)")
    parser.add_argument("--precision", choices=PRECISIONS, default="float32",
                        help="bf16: the forward pass under autocast (default float32)")
    parser.add_argument("--seed", type=int, default=1111)
    parser.add_argument("--openblas-coretype", metavar="NAME",
                        help="set OPENBLAS_CORETYPE, e.g. SkylakeX (default: OpenBLAS detects)")
    parser.add_argument("--openmp-wait-policy", choices=("active", "passive"),
                        help="set OMP_WAIT_POLICY (default: as the system has it)")
    parser.add_argument("--allow-slow-blas", action="store_true",
                        help="measure even if torch calls the unoptimised reference BLAS")
    parser.add_argument("--serve", action="store_true",
                        help="measure on request: lines 'ready', 'go SECONDS', 'quit' on stdin")
    return parser.parse_args()


def positive(kind):
    def parse(text):
        value = kind(text)
        if not 0 < value < math.inf:
            raise argparse.ArgumentTypeError(f"{text} is not greater than 0")
        return value
    parse.__name__ = kind.__name__
    return parse


def prepare_environment(arguments):
    """Sets what OpenMP and OpenBLAS read when they are loaded, so before torch is imported."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[name] = str(arguments.threads)
    if arguments.openmp_wait_policy:
        os.environ["OMP_WAIT_POLICY"] = arguments.openmp_wait_policy
    coretype = arguments.openblas_coretype
    if coretype and os.environ.get("OPENBLAS_CORETYPE") != coretype:
        environment = dict(os.environ, OPENBLAS_CORETYPE=coretype)
        os.execve(sys.executable, [sys.executable, *sys.argv], environment)


class Measurement:
    """A warm workload and what is said about it beside the figures."""

    def __init__(self, arguments):
        torch = import_torch()
        torch.set_num_threads(arguments.threads)
        description, fast = loaded_blas()
        if not fast and not arguments.allow_slow_blas:
            raise MeasurementError(
                f"torch calls an unoptimised BLAS ({description}), which would make the reference "
                "many times slower than it is. On Debian: apt-get install libopenblas0-pthread "
                "(or --allow-slow-blas).")
        self.work = Workload(arguments.checkout, arguments.model, arguments.mode, arguments.batch,
                             arguments.dropout, arguments.dropatt, arguments.seed,
                             arguments.precision)
        for _ in range(arguments.warm_up):
            self.work.step()
        self.facts = {
            "model": arguments.model, "mode": arguments.mode, "batch": self.work.batch,
            "target_length": self.work.shape.target, "memory_length": self.work.shape.memory,
            "parameters": self.work.parameters, "precision": arguments.precision,
            "threads": torch.get_num_threads(), "torch": torch.__version__, "blas": description,
            "openmp_wait_policy": os.environ.get("OMP_WAIT_POLICY", "default"),
            "dropout": arguments.dropout if arguments.mode == "train" else 0.0,
        }

    def run(self, seconds):
        """Steps until `seconds` have passed, at least one."""
        times = []
        begin = previous = time.perf_counter()
        while previous - begin < seconds:
            self.work.step()
            now = time.perf_counter()
            times.append(now - previous)
            previous = now
        if not math.isfinite(self.work.loss):
            raise MeasurementError(f"the loss became {self.work.loss}; its time means nothing")
        return self.facts | {
            "tokens_per_second": self.work.tokens_per_step * len(times) / (previous - begin),
            "seconds_per_step": statistics.median(times),
            "seconds_per_step_min": min(times),
            "steps": len(times),
            "loss": self.work.loss,
            # Linux counts ru_maxrss in KiB.
            "peak_memory_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        }


def answer(value):
    print(json.dumps(value), flush=True)


def serve(measurement):
    # readline, because iterating over stdin would read ahead.
    for line in iter(sys.stdin.readline, ""):
        words = line.split()
        if words == ["quit"]:
            return
        if words == ["ready"]:
            answer(measurement.facts | {"ready": True})
        elif len(words) == 2 and words[0] == "go":
            try:
                seconds = positive(float)(words[1])
            except (ValueError, argparse.ArgumentTypeError) as error:
                answer({"error": f"go {words[1]}: {error}"})
                continue
            answer(measurement.run(seconds))
        else:
            answer({"error": f"request '{line.strip()}' is not 'ready', 'go SECONDS' or 'quit'"})


def main():
    arguments = parse_arguments()
    prepare_environment(arguments)
    try:
        measurement = Measurement(arguments)
        if arguments.serve:
            serve(measurement)
        else:
            for _ in range(arguments.repeat):
                answer(measurement.run(arguments.seconds))
    except MeasurementError as error:
        print(f"measure_reference: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
