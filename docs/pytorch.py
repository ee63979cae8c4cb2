"""Writes docs/pytorch.md, which lists PyTorch's tensor functions, there and not there: python docs/pytorch.py

PyTorch is asked for the names, and must be installed. Which of them are here is read from the packages themselves.
"""

import re
import sys
import warnings
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "docs")]

from operations import wrapped  # noqa: E402  (after the path is set)

import autograd  # noqa: E402
from autograd import fft, linalg, special  # noqa: E402

OURS = {
    "torch": ("autograd", autograd),
    "torch.Tensor": ("Tensor", autograd.Tensor),
    "torch.linalg": ("autograd.linalg", linalg),
    "torch.special": ("autograd.special", special),
    "torch.fft": ("autograd.fft", fft),
}

# The first pattern that a name matches, from its beginning, says why it is not here.
REASONS = {
    "of layers, which stand in `nn.functional` and `nn`, or will": None,  # asked of torch.nn.functional
    "about complex numbers, which Tensors do not hold; `autograd.fft` has real parts": r"""
        angle complex conj imag isreal polar real$ resolve_ view_as_(complex|real) .*stft i?r?h?fft i?hr?fft cfloat cdouble
        chalf is_conj is_neg""",
    "for sparse tensors": r"""
        .*sparse .*indices .*coalesce ccol_ crow_ h?s+p?a?d*mm hspmm dsmm values to_dense dense_dim to_padded slice_inverse
        nonzero_static""",
    "for quantised numbers, and for dtypes that are not supported": r"""
        q_ qscheme .*quantize .*quantized fake_ fbgemm int_repr fused_moving choose_q half$ bfloat16 byte char short""",
    "about devices, backends, the compiler and the installation": r"""
        cudnn miopen mkldnn mps native_ batch_norm_ sym_ .*autocast set_ get_ is_ are_ use_ init_ .*_copy$ .*storage cuda cpu
        ipu xpu hpu mtia to_mkldnn import_ir parse_ merge_type unify_ compile compiled fork wait profiler .*vulkan seed
        initial_seed thread_safe prepare_ classproperty typename from_file from_dlpack to_dlpack frombuffer
        pin_memory share_memory record_stream data_ptr const_data map apply_ module_load dim_order reinforce new$ as_subclass
        result_type promote_types can_cast broadcast_shapes unsafe_ hash_tensor resize empty_ vmap register_post as_strided
        conv_tbc convolution constant_pad alias range$ scalar_tensor solve$ symeig eig$ lstsq$ matrix_rank lu$ split_with
        embedding_renorm norm_except frobenius nuclear feature_dropout rnn_ lstm gru affine_grid_generator grid_sampler_""",
}
JAX = "that are here with the arguments that they have in `jax.lax`"
OTHERS = {"cond", "while_loop"}
IN_PLACE = "that write into their Tensor, of functions that are here: write `x[...] = x.f()` or `x = x.f()`"
NOT_YET = "not written yet"


def names(module):
    """What a user of a module of PyTorch calls: functions, and a Tensor's methods."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = {name: getattr(module, name) for name in dir(module) if not name.startswith("_")}
    return [name for name, f in found.items() if callable(f) and not isinstance(f, type)]


def reason(name, ours):
    import torch

    if name in OTHERS:
        return JAX
    if name.rstrip("_") in dir(torch.nn.functional):
        return next(iter(REASONS))
    for why, patterns in REASONS.items():
        if patterns and re.match("|".join(f"(?:{p})" for p in patterns.split()), name):
            return why
    return IN_PLACE if name.endswith("_") and hasattr(ours, name[:-1]) else NOT_YET


def sorted_out():
    """({module: names that are here}, {reason: full names that are not})."""
    import torch

    modules = (torch, torch.Tensor, torch.linalg, torch.special, torch.fft)
    here, absent = {}, {why: [] for why in (*REASONS, JAX, IN_PLACE, NOT_YET)}
    for (prefix, (_, ours)), module in zip(OURS.items(), modules):
        here[prefix] = same = [name for name in names(module) if hasattr(ours, name) and name not in OTHERS]
        for name in names(module):
            if name not in same:
                absent[reason(name, ours)].append(f"{prefix}.{name}")
    return here, absent


def page():
    here, absent = sorted_out()
    lines = [
        "# PyTorch's tensor functions: which are here, and which are not",
        "",
        "This page is written by `python docs/pytorch.py` from the packages themselves; a test keeps it true. A function takes",
        "PyTorch's arguments and gives PyTorch's result, to its derivatives.",
        "Where NumPy uses the same words in another way, a method does what NumPy's does:",
        "`x.max(1)` is the maximum, `x.max(dim=1)` the pair of values and indices; `x.std()` divides by n,",
        "`x.std(dim=0)` by n - 1; `x.repeat(2)` repeats elements.",
        "",
    ]
    for prefix, (ours, _) in OURS.items():
        lines += [f"## `{prefix}` as `{ours}`: {len(here[prefix])} names", "", *wrapped(here[prefix]), ""]
    lines += ["## Not here", ""]
    for why, found in absent.items():
        if found:
            lines += [f"Functions {why}:", "", *wrapped(found), ""]
    return "\n".join(lines)


if __name__ == "__main__":
    (ROOT / "docs" / "pytorch.md").write_text(page(), encoding="utf-8")
