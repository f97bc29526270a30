"""A random checkpoint under the names of Hugging Face's library, and gradients by central differences; for the programs beside this file."""
import json
import struct

import numpy as np


class Checkpoint:
    """Tensors by their names, drawn from a seed in the order in which they are named."""

    def __init__(self, seed, size):
        self.random, self.size, self.weights = np.random.default_rng(seed), size, {}

    def tensor(self, name, *shape, mean=0.0, deviation=0.3):
        self.weights[name] = (mean + deviation * self.random.standard_normal(shape)).astype("<f4")

    def linear(self, name, rows, columns):
        self.tensor(name + ".weight", rows, columns)
        self.tensor(name + ".bias", rows)

    def norm(self, name):
        self.tensor(name + ".weight", self.size, mean=1.0)
        self.tensor(name + ".bias", self.size)

    def write(self, folder, left_out=""):
        """Writes model.safetensors, without the beginning left_out of the names."""
        header, place = {"__metadata__": {"format": "pt"}}, 0
        for name, value in self.weights.items():
            header[name.removeprefix(left_out)] = {"dtype": "F32", "shape": list(value.shape), "data_offsets": [place, place + value.nbytes]}
            place += value.nbytes
        text = json.dumps(header).encode()
        with open(folder + "/model.safetensors", "wb") as file:
            file.write(struct.pack("<Q", len(text)) + text + b"".join(value.tobytes() for value in self.weights.values()))


def differences(loss, tensor, count, step):
    """The gradient of a loss at some places of a tensor, which is changed and restored: [[place, value], ...]."""
    values, gradient = tensor.reshape(-1), []
    for place in np.linspace(0, len(values) - 1, count).astype(int):
        value = values[place]
        values[place] = value + step
        above = loss()
        values[place] = value - step
        below = loss()
        values[place] = value
        gradient.append([int(place), (above - below) / (2 * step)])
    return gradient
