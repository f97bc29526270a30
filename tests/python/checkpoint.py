"""A checkpoint, random or stored, under the names of Hugging Face's library, and gradients by central differences; for the programs beside this file."""
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


    @staticmethod
    def read(folder, own):
        """Reads model.safetensors. The names begin with own, also where the file leaves it out, and a norm has weight and bias, also where they are called gamma and beta."""
        stored = Checkpoint(0, 0)
        with open(folder + "/model.safetensors", "rb") as file:
            header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
            begin = file.tell()
            for name, entry in header.items():
                if name == "__metadata__":
                    continue
                first, end = entry["data_offsets"]
                file.seek(begin + first)
                data = file.read(end - first)
                if entry["dtype"] == "BF16":
                    values = (np.frombuffer(data, "<u2").astype("<u4") << 16).view("<f4")
                else:
                    values = np.frombuffer(data, {"F32": "<f4", "F16": "<f2", "F64": "<f8", "I64": "<i8"}[entry["dtype"]])
                name = name.replace("LayerNorm.gamma", "LayerNorm.weight").replace("LayerNorm.beta", "LayerNorm.bias")
                if name.split(".")[0] in ("embeddings", "encoder", "transformer", "pooler"):
                    name = own + name
                stored.weights[name] = values.reshape(entry["shape"])
        return stored


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
