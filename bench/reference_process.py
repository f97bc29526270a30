"""The reference implementation as a process that measures when it is asked to."""

import json
import os
import pathlib
import select
import subprocess

HERE = pathlib.Path(__file__).resolve().parent
PYTORCH = HERE / "pytorch/measure_reference.py"
LIBTORCH = HERE / "TransformerXL.Libtorch/run.sh"


class ComparisonError(Exception):
    """The comparison cannot go on; the message says why."""


def libtorch(arguments):
    """The command of the TorchSharp program, without the shape."""
    return [str(LIBTORCH), "--attention", arguments.attention]


def pytorch(arguments):
    """The command of the PyTorch reference, without the shape."""
    command = [arguments.python, str(PYTORCH), "--checkout", arguments.reference, "--serve"]
    if arguments.openblas_coretype:
        command += ["--openblas-coretype", arguments.openblas_coretype]
    if arguments.allow_slow_blas:
        command.append("--allow-slow-blas")
    return command


class Reference:
    """The reference process, serving measurements of one model in one mode."""

    def __init__(self, arguments, model, mode, batch):
        self.timeout = arguments.timeout
        command = libtorch(arguments) if arguments.libtorch else pytorch(arguments)
        command += ["--model", model, "--mode", mode, "--threads", str(arguments.threads),
                    "--batch", str(batch), "--dropout", str(arguments.dropout),
                    "--precision", arguments.reference_precision]
        environment = dict(os.environ)
        if arguments.openmp_wait_policy:
            environment["OMP_WAIT_POLICY"] = arguments.openmp_wait_policy
        try:
            self.process = subprocess.Popen(command, env=environment,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        except OSError as error:
            raise ComparisonError(f"cannot start the reference with {command[0]}: {error}") from error

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self.process.stdin.close()
        except BrokenPipeError:
            pass
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()

    def ask(self, request):
        try:
            self.process.stdin.write(request + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass
        if not select.select([self.process.stdout], [], [], self.timeout)[0]:
            raise ComparisonError(
                f"the reference did not answer '{request}' within {self.timeout:g} s (--timeout)")
        line = self.process.stdout.readline()
        if not line:
            raise ComparisonError(
                f"the reference ended with exit code {self.process.wait()}; its message is above")
        try:
            reply = json.loads(line)
        except ValueError as error:
            raise ComparisonError(f"the reference answered '{line.strip()[:200]}'") from error
        if "error" in reply:
            raise ComparisonError(f"the reference refused: {reply['error']}")
        return reply

    def processor_seconds(self):
        """User and system time so far, or None where /proc does not tell."""
        try:
            fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text("utf-8")
        except OSError:
            return None
        # Fields 14 and 15; the name in field 2 may itself hold blanks.
        user, system = fields.rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")
