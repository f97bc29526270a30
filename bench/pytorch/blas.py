"""Names the BLAS that torch really calls: it decides the speed of the reference."""

import ctypes
import re

FAST = ("openblas", "mkl", "blis", "atlas", "armpl", "nvpl")


def loaded_blas():
    """Returns (description, fast) of the BLAS libraries mapped into this process.

    Debian's torch calls whatever libblas.so.3 is; without libopenblas0-pthread that is the
    plain Fortran reference BLAS, many times slower, and a comparison with it means nothing.
    """
    with open("/proc/self/maps", encoding="utf-8") as maps:
        paths = sorted(set(re.findall(r"/\S+\.so[.\d]*", maps.read())))
    names = [path for path in paths if re.search("blas|mkl|blis|atlas|armpl|nvpl", path.lower())]
    for path in names:
        if "libopenblas" in path:
            return _openblas(path), True
    if not names:
        return "built into torch", True
    return ", ".join(names), any(word in path.lower() for path in names for word in FAST)


def _openblas(path):
    library = ctypes.CDLL(path)
    texts = []
    for symbol in ("openblas_get_config", "openblas_get_corename"):
        function = getattr(library, symbol)
        function.restype = ctypes.c_char_p
        texts.append(function().decode())
    version = " ".join(texts[0].split()[:2])
    return f"{version}, core {texts[1]}, {library.openblas_get_num_threads()} threads"
