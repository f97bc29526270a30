"""Builds the reference Transformer-XL from a checkout and makes its steps callable.

Nothing of the checkout is kept here: it is imported from the folder that the caller names.
"""

import dataclasses
import pathlib
import sys
import warnings

VOCABULARY = 205
INIT_STD = 0.02
PROJECTION_INIT_STD = 0.01
LEARNING_RATE = 2.5e-4
GRADIENT_NORM = 0.25
FILL_CHUNK = 128


@dataclasses.dataclass(frozen=True)
class Shape:
    """Segment and memory length of one mode, in tokens."""

    target: int
    memory: int


@dataclasses.dataclass(frozen=True)
class Preset:
    """One of the two models that are compared, with the shape of every mode."""

    layers: int
    width: int
    heads: int
    head_width: int
    inner: int
    train_batch: int
    shapes: dict


PRESETS = {
    "small": Preset(4, 256, 4, 64, 1024, 16, {
        "train": Shape(128, 128), "evaluate": Shape(128, 256), "generate": Shape(1, 128)}),
    "enwik8-base": Preset(12, 512, 8, 64, 2048, 1, {
        "train": Shape(512, 512), "evaluate": Shape(128, 1024), "generate": Shape(1, 512)}),
}
MODES = ("train", "evaluate", "generate")
PRECISIONS = ("float32", "bf16")


class MeasurementError(Exception):
    """The reference cannot be measured; the message says what to do about it."""


def import_torch():
    try:
        import torch
    except ImportError as error:
        raise MeasurementError(
            f"{sys.executable} cannot import torch ({error}). On Debian: apt-get install "
            "python3-torch libopenblas0-pthread, then run this with /usr/bin/python3.") from error
    return torch


def import_reference(checkout):
    """Imports mem_transformer from a checkout of kimiyoung/transformer-xl."""
    folder = pathlib.Path(checkout).resolve() / "pytorch"
    source = folder / "mem_transformer.py"
    if not source.is_file():
        raise MeasurementError(
            f"{source} does not exist. --checkout takes the root of a checkout: "
            "git clone https://github.com/kimiyoung/transformer-xl")
    torch = import_torch()
    # The checkout reads the CUDA version while it is imported, and a CPU build has none.
    if torch.version.cuda is None:
        torch.version.cuda = "10.0"
    sys.path[:0] = [str(folder), str(folder / "utils")]
    # It masks with bytes, which torch has deprecated since; the result is the same.
    warnings.filterwarnings("ignore", message=".*uint8.*")
    import mem_transformer
    return mem_transformer


def initialise(model):
    """Weights N(0, .02), projections N(0, .01), biases 0, LayerNorm gain N(1, .02)."""
    import torch
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "_projs." in name:
                parameter.normal_(0.0, PROJECTION_INIT_STD)
            elif name.endswith("layer_norm.weight"):
                parameter.normal_(1.0, INIT_STD)
            elif name.endswith(".bias"):
                parameter.zero_()
            else:
                parameter.normal_(0.0, INIT_STD)


class Workload:
    """One model in one mode, with full memories; step() does one unit of work."""

    def __init__(self, checkout, model, mode, batch, dropout, attention_dropout, seed,
                 precision="float32"):
        reference = import_reference(checkout)
        import torch
        preset, shape = PRESETS[model], PRESETS[model].shapes[mode]
        torch.manual_seed(seed)
        self.torch, self.mode, self.shape = torch, mode, shape
        self.bf16 = precision == "bf16"
        self.batch = batch or (preset.train_batch if mode == "train" else 1)
        self.model = reference.MemTransformerLM(
            VOCABULARY, preset.layers, preset.heads, preset.width, preset.head_width,
            preset.inner, dropout, attention_dropout, tie_weight=True, d_embed=preset.width,
            tgt_len=shape.target, ext_len=0, mem_len=shape.memory, attn_type=0)
        initialise(self.model)
        self.parameters = sum(p.numel() for p in self.model.parameters())
        self.tokens_per_step = self.batch * shape.target
        self.memories = ()
        self.loss = float("nan")
        self.model.train(mode == "train")
        if mode == "train":
            self.optimizer = torch.optim.Adam(self.model.parameters(), lr=LEARNING_RATE)
        self._fill_memories()

    def step(self):
        """One training step, one evaluated segment, or one token."""
        if self.mode == "train":
            self._train()
        else:
            with self.torch.no_grad():
                self._forward(self.shape.target)

    def _fill_memories(self):
        # In chunks no longer than needed: one long segment would set the peak memory of the run.
        chunk = min(self.shape.memory, max(self.shape.target, FILL_CHUNK))
        with self.torch.no_grad():
            for _ in range(-(-self.shape.memory // chunk)):
                self._forward(chunk)
        if self.memories[0].size(0) != self.shape.memory:
            raise MeasurementError(
                f"the memory holds {self.memories[0].size(0)} rows, expected {self.shape.memory}")

    def _forward(self, length):
        tokens = self.torch.randint(0, VOCABULARY, (length + 1, self.batch))
        # The forward pass only, as its documentation advises; off, it changes nothing.
        with self.torch.autocast("cpu", self.torch.bfloat16, enabled=self.bf16):
            losses, *self.memories = self.model(tokens[:-1], tokens[1:], *self.memories)
        mean = losses.mean()
        self.loss = mean.item()
        return mean

    def _train(self):
        self.model.zero_grad()
        self._forward(self.shape.target).backward()
        self.torch.nn.utils.clip_grad_norm_(self.model.parameters(), GRADIENT_NORM)
        self.optimizer.step()
