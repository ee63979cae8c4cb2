"""Writes docs/operations.md, which lists every function of NumPy, and SciPy's special ones: python docs/operations.py

What works is read from the registry and from the table of samples of the tests: a function is listed as differentiable if a
line of samples is put to the laws of gradients. Why the others do not work is said here.
"""

import sys
from pathlib import Path

import numpy as np
from numpy.lib import stride_tricks

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from autograd import linalg, special  # noqa: E402, F401  (after the path is set; linalg declares)
from autograd.op import registry  # noqa: E402

MODULES = {
    "numpy": np,
    "numpy.linalg": np.linalg,
    "numpy.fft": np.fft,
    "numpy.emath": np.emath,
    "numpy.lib.stride_tricks": stride_tricks,
    "scipy.special": special.declaring.sc,
}

REASONS = {
    "makes an array from numbers; take `autograd`'s, such as `autograd.zeros`, or give the array to an operation": """
        arange array asanyarray asarray asarray_chkfinite ascontiguousarray asfortranarray asmatrix bartlett blackman
        bmat diag_indices empty eye frombuffer fromfile fromfunction fromiter frompyfunc fromregex fromstring
        from_dlpack full genfromtxt hamming hanning identity indices kaiser load loadtxt mask_indices
        mat ones require tri tril_indices triu_indices zeros fftfreq rfftfreq
    """,
    "writes into an array, through which no gradient flows; build the result with `where`, `concatenate` or `stack`": """
        copyto fill_diagonal place put put_along_axis putmask
    """,
    "is about shapes, dtypes and memory, not values; works on `x.shape`, `x.dtype`, `x.numpy()`": """
        broadcast_shapes can_cast common_type einsum_path isdtype isfortran iscomplexobj isrealobj isscalar issubdtype
        iterable as_strided may_share_memory min_scalar_type mintypecode nested_iters ndim promote_types result_type shape
        shares_memory size typename
    """,
    "is for integers, bits, dates or sets; use it on `x.numpy()`": """
        base_repr binary_repr bitwise_count busday_count busday_offset datetime_as_string datetime_data intersect1d
        is_busday isnat packbits unpackbits in1d
    """,
    "prints, saves, sets options or tells of the installation": """
        array2string array_repr array_str format_float_positional format_float_scientific get_include get_printoptions
        getbufsize geterr geterrcall info printoptions save savetxt savez savez_compressed set_printoptions setbufsize
        seterr seterrcall show_config show_runtime test
    """,
    "is about complex numbers, which Tensors do not hold; `autograd.fft` has real parts": """
        real_if_close sort_complex fft ifft rfft irfft hfft ihfft fft2 ifft2 rfft2 irfft2 fftn ifftn rfftn irfftn
    """,
}
# These answer with plain values and need no sample: what is in the Tensors does not go on.
PLAIN = "allclose array_equal array_equiv empty_like nonzero ones_like zeros_like".split()
GOING = "row_stack in1d trapz".split()  # deprecated by NumPy


NO_RULE = "of SciPy, for which no derivative is declared"


def functions(module):
    """{name: function} of what can be called and is no class; of SciPy, its ufuncs."""
    if module is special.declaring.sc:
        if module is None:
            return {}
        ufuncs = {name: f for name, f in sorted(vars(module).items()) if isinstance(f, np.ufunc)}
        return ufuncs | {"zeta": special.HURWITZ}  # a function that calls one of two ufuncs
    found = {
        name: getattr(module, name) for name in sorted(vars(module)) if not name.startswith("_") and name not in GOING
    }
    return {name: f for name, f in found.items() if callable(f) and not isinstance(f, type)}


def short(prefix, name):
    return f"{prefix}.{name}".replace("numpy", "np", 1)


def sorted_out():
    """({name: differentiable or constant}, {reason: names}, names of which nothing is said)."""
    from samples import SAMPLES

    differentiable = {sample.function for sample in SAMPLES if sample.differentiable}
    constant = {sample.function for sample in SAMPLES if not sample.differentiable}
    reason_of = {name: reason for reason, names in REASONS.items() for name in names.split()}
    works: dict[str, str] = {}
    refused: dict[str, list[str]] = {reason: [] for reason in (*REASONS, NO_RULE)}
    unknown = []
    for prefix, module in MODULES.items():
        for name, function in functions(module).items():
            full = short(prefix, name)
            ours = registry.get(function)
            if function in differentiable or ours in differentiable:
                works[full] = "differentiable"
            elif name in PLAIN or (ours is not None and (function in constant or ours in constant)):
                works[full] = "constant"
            elif prefix == "scipy.special" and ours is None:
                refused[NO_RULE].append(full)
            elif name in reason_of:
                refused[reason_of[name]].append(full)
            else:
                unknown.append(full)
    return works, refused, unknown


def distinct():
    """{module: how many different functions are differentiable}: each object once, under the first name that it has.

    SciPy's functions that NumPy has too, such as exp2, are other objects, but are not counted again.
    """
    works, _, _ = sorted_out()
    counts = {}
    seen = set()
    for prefix, module in MODULES.items():
        counts[prefix] = 0
        for name, function in functions(module).items():
            known = function in seen or (prefix == "scipy.special" and registry.get(function) in seen)
            if works.get(short(prefix, name)) == "differentiable" and not known:
                counts[prefix] += 1
                seen.update((function, registry.get(function)))
    return counts


def page():
    works, refused, _ = sorted_out()
    counts = distinct()
    each = ", ".join(f"{count} of `{module}`" for module, count in counts.items())
    lines = [
        "# Operations: every function of NumPy, and SciPy's special functions",
        "",
        "This page is written by `python docs/operations.py` from the operations themselves; a test keeps it true.",
        "",
    ]
    for kind, title, text in (
        (
            "differentiable",
            "Differentiable",
            "These work on Tensors under NumPy's and SciPy's own names, to any order.\nWithout the aliases they are "
            f"{sum(counts.values())} different functions:\n{each}.",
        ),
        (
            "constant",
            "Constant",
            "These work on Tensors too; their derivative is 0 wherever it exists, so that no gradient flows. (The edges of "
            "histograms, which move with the smallest and the largest element, are taken as given, and `nextafter` is taken as rounding.)",
        ),
    ):
        names = [name for name, found in works.items() if found == kind]
        lines += [f"## {title}: {len(names)} names", "", text, "", *wrapped(names), ""]
    lines += ["## Not on Tensors", "", "These raise a TypeError that says what to write, or give a plain array.", ""]
    for reason, names in refused.items():
        if names:
            start = "Functions" if reason is NO_RULE else "A function that"
            lines += [f"{start} {reason}:", "", *wrapped(names), ""]
    return "\n".join(lines)


def wrapped(names):
    """Names in lines of at most 120 columns."""
    lines = [""]
    for name in names:
        word = f"`{name}`"
        if len(lines[-1]) + len(word) > 118:
            lines.append("")
        lines[-1] += (" " if lines[-1] else "") + word
    return lines


if __name__ == "__main__":
    (ROOT / "docs" / "operations.md").write_text(page(), encoding="utf-8")
