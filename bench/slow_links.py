#!/usr/bin/env python3
"""Trains with two processes over links of limited speed and compares the seconds of a step with the estimate in docs/distributed.md.

Needs Linux, root, Open MPI and iproute2. Each process runs in a network namespace of its own; both namespaces are joined by a pair of virtual
interfaces whose rate a token bucket limits. Example: python3 bench/slow_links.py --data tinyshakespeare.txt --rates 200,1000
"""
import argparse
import json
import os
import shutil
import statistics
import struct
import subprocess
import sys
import tempfile

SPACES = ("txl0", "txl1")
ADDRESSES = ("10.213.7.1", "10.213.7.2")
AGENT = """#!/bin/bash
# Open MPI's launch agent: "agent HOST COMMAND..." runs the command in the namespace of the host, under a host name of its own.
case "$1" in {second}) space={space} ;; *) echo "unknown host $1" >&2; exit 1 ;; esac
shift
exec ip netns exec "$space" unshare --uts bash -c "hostname $space; $*"
"""


def run(*command, **options):
    return subprocess.run(command, check=True, **options)


class Links:
    """Two network namespaces that see each other only."""

    def __enter__(self):
        self.remove()
        for space in SPACES:
            run("ip", "netns", "add", space)
            run("ip", "netns", "exec", space, "ip", "link", "set", "lo", "up")
        run("ip", "link", "add", "txlv0", "type", "veth", "peer", "name", "txlv1")
        for i, space in enumerate(SPACES):
            run("ip", "link", "set", f"txlv{i}", "netns", space)
            run("ip", "netns", "exec", space, "ip", "addr", "add", f"{ADDRESSES[i]}/24", "dev", f"txlv{i}")
            run("ip", "netns", "exec", space, "ip", "link", "set", f"txlv{i}", "up")
        return self

    def limit(self, megabits):
        for i, space in enumerate(SPACES):
            run("ip", "netns", "exec", space, "tc", "qdisc", "replace", "dev", f"txlv{i}", "root", "tbf", "rate", f"{megabits}mbit",
                "burst", f"{max(64, megabits // 4)}k", "latency", "50ms")

    def sent(self):
        """Bytes that each namespace has sent."""
        return [int(run("ip", "netns", "exec", space, "cat", f"/sys/class/net/txlv{i}/statistics/tx_bytes", capture_output=True).stdout)
                for i, space in enumerate(SPACES)]

    def remove(self):
        for space in SPACES:
            subprocess.run(["ip", "netns", "del", space], stderr=subprocess.DEVNULL)

    def __exit__(self, *_):
        self.remove()


def step_seconds(run_folder):
    """Median seconds between steps, without the first three."""
    with open(os.path.join(run_folder, "metrics.jsonl")) as lines:
        times = [entry["seconds"] for entry in map(json.loads, lines) if entry["kind"] == "step"]
    return statistics.median(b - a for a, b in zip(times[3:], times[4:]))


def parameter_count(run_folder):
    with open(os.path.join(run_folder, "checkpoints", "last", "model.safetensors"), "rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
    total = 0
    for name, tensor in header.items():
        if name != "__metadata__":
            count = 1
            for size in tensor["shape"]:
                count *= size
            total += count
    return total


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True, help="text to train on")
    parser.add_argument("--txl", default="txl", help="program, by name or path (default txl)")
    parser.add_argument("--rates", default="100,300,1000,3000", help="megabits per second, separated by commas")
    parser.add_argument("--steps", type=int, default=16)
    parser.add_argument("--preset", default="small")
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--compress-gradients", action="store_true")
    arguments = parser.parse_args()
    for tool in ("mpirun", "ip", "tc", "unshare"):
        if shutil.which(tool) is None:
            sys.exit(f"slow_links.py: '{tool}' is missing (Debian: openmpi-bin, iproute2, util-linux)")
    if os.geteuid() != 0:
        sys.exit("slow_links.py: network namespaces need root")

    options = ["train", "--preset", arguments.preset, "--data", os.path.abspath(arguments.data), "--batch", str(arguments.batch), "--steps", str(arguments.steps),
               "--report-every", "1", "--validate-every", "0", "--validation-tokens", "2000", "--sample", "0", "--checkpoint-every", "100000", "--quiet"]
    txl = shutil.which(arguments.txl)
    if txl is None:
        sys.exit(f"slow_links.py: there is no program '{arguments.txl}'; name it with --txl")

    txl = os.path.abspath(txl)
    with tempfile.TemporaryDirectory() as folder, Links() as links:
        def train(name, before, threads, chunks, extra=()):
            out = os.path.join(folder, name)
            run(*before, txl, *options, "--out", out, "--threads", str(threads), "--batch-chunks", str(chunks), *extra, stdout=subprocess.DEVNULL)
            return out

        alone = train("alone", [], 1, 2)
        whole, parameters = step_seconds(alone), parameter_count(alone)
        print(f"{parameters:,} parameters; one process of one thread: {whole * 1000:.1f} ms per step")
        print(f"one process of two threads: {step_seconds(train('threads', [], 2, 1)) * 1000:.1f} ms")
        extra = ["--compress-gradients"] if arguments.compress_gradients else []
        local = step_seconds(train("local", ["mpirun", "--allow-run-as-root", "-n", "2"], 1, 2, extra))
        # The gradients of a step are divided among the processes; the optimizer's update is made by each.
        update = max(0, 2 * local - whole)
        gradients = whole - update
        print(f"two processes of one thread on this machine: {local * 1000:.1f} ms, of which the update takes {update * 1000:.1f} ms")
        agent = os.path.join(folder, "agent")
        with open(agent, "w") as file:
            file.write(AGENT.format(second=ADDRESSES[1], space=SPACES[1]))
        os.chmod(agent, 0o755)
        print("Mbit/s   measured   estimated   measured / estimated   MB sent per step by each")
        for rate in map(int, arguments.rates.split(",")):
            links.limit(rate)
            before = links.sent()
            far = train(f"far-{rate}", [
                "ip", "netns", "exec", SPACES[0], "unshare", "--uts", "bash", "-c", f'hostname {SPACES[0]}; exec "$@"', "bash",
                "mpirun", "--allow-run-as-root", "-n", "2", "--host", f"{ADDRESSES[0]}:1,{ADDRESSES[1]}:1", "--bind-to", "none",
                "--mca", "plm_rsh_agent", agent, "--mca", "pml", "ob1", "--mca", "btl", "tcp,self", "--mca", "btl_tcp_if_include", "10.213.7.0/24",
                "--mca", "oob_tcp_if_include", "10.213.7.0/24"], 1, 2, extra)
            measured = step_seconds(far)
            exchange = (2 if arguments.compress_gradients else 4) * parameters / (rate * 125_000)
            estimate = max(gradients / 2, gradients / 4 + exchange) + update
            sent = ", ".join(f"{(after - start) / arguments.steps / 1e6:.1f}" for start, after in zip(before, links.sent()))
            print(f"{rate:6d}   {measured * 1000:5.1f} ms   {estimate * 1000:6.1f} ms   {measured / estimate:.2f}   {sent}", flush=True)


if __name__ == "__main__":
    main()
