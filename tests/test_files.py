"""Saving and loading: what comes back, what is refused, and what a hostile or damaged file can do, which is nothing."""

import collections
import contextlib
import io
import json
import os
import pickle
import signal
import struct
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd
import nn
import optim
from autograd import Tensor, load, save
from autograd.files import writing

Point = collections.namedtuple("Point", "x y")


def round_trip(obj):
    buffer = io.BytesIO()
    save(obj, buffer)
    buffer.seek(0)
    return load(buffer)


def same(a, b):
    """Equal in type and in every bit."""
    if isinstance(a, Tensor):
        needed = a.requires_grad, isinstance(b, Tensor) and b.requires_grad
        return isinstance(b, Tensor) and len({*needed}) == 1 and same(a.detach().numpy(), b.detach().numpy())
    if type(a) is not type(b) and not (hasattr(a, "_fields") and a._fields == b._fields):
        return False
    if isinstance(a, np.ndarray):
        return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    if isinstance(a, dict):
        return [*map(repr, a)] == [*map(repr, b)] and all(same(a[key], b[key]) for key in a)
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(same, a, b))
    return repr(a) == repr(b)


# --- What is saved comes back -----------------------------------------------------------------------------------------

NESTS = [
    None,
    {},
    [True, False, 0, -1, 2**200, 0.1, -0.0, float("inf"), float("-inf"), float("nan"), "", "ä\0\ud800", b"", b"\0\xff"],
    {1: "one", "1": "text", (1, "a"): [(), ((),)], None: None, 2.5: 1j, b"k": complex("nan")},
    collections.OrderedDict(b=1, a={"tensor": "not one"}),
    Point(Tensor([1.0]), y=[Point(1, 2)]),
    [np.float32(0.1), np.float16(0.1), np.float64(np.nan), np.int8(-3), np.uint64(2**64 - 1), np.bool_(True)],
    [np.zeros((0, 3)), np.array(3), np.arange(6.0).reshape(2, 3).T, np.arange(6)[::-2], np.array(["ä", "bc"]), np.array([1j])],
    [np.array(["2020-01-01"], "M8[D]"), np.array([b"ab"]), np.float16([1.5]), np.array([True, False])],
    {"../../etc/passwd": Tensor(1.0), "a/b": Tensor(2.0), "a b": Tensor(3.0), "a_b": Tensor(4.0), "": Tensor(5.0)},
    Tensor([[1.0, 2.0]], requires_grad=True),
    Tensor(np.float64(3.0)) * 2,
    [np.dtype("float32"), autograd.int64],
]  # fmt: skip


@pytest.mark.parametrize("obj", NESTS, ids=lambda obj: repr(obj)[:40].encode("ascii", "replace").decode())
def test_a_nest_comes_back_equal_in_type_and_in_every_bit(obj):
    assert same(obj, round_trip(obj))


leaves = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(max_size=9)
    | st.builds(lambda n: Tensor(np.arange(n, dtype=np.float32)), st.integers(0, 4))
)  # fmt: skip


@given(
    st.recursive(
        leaves,
        lambda inner: st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(st.text() | st.integers(), inner),
        max_leaves=12,
    )
)
def test_any_nest_comes_back(obj):
    assert same(obj, round_trip(obj))


def test_a_checkpoint_continues_the_run_in_the_same_numbers(tmp_path):
    def start():
        autograd.manual_seed(1)
        model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1))
        return model, optim.Adam(model.parameters(), lr=0.05)

    def train(model, optimizer, steps):
        x = np.arange(12, dtype=np.float32).reshape(4, 3)
        for _ in range(steps):
            optimizer.zero_grad()
            (model(x) ** 2).mean().backward()
            optimizer.step()

    model, optimizer = start()
    train(model, optimizer, 3)
    path = tmp_path / "checkpoint.pt"
    save({"epoch": 3, "model": model.state_dict(), "optimizer": optimizer.state_dict()}, path)
    train(model, optimizer, 4)

    autograd.manual_seed(2)
    again, its_optimizer = start()
    checkpoint = load(path, map_location="cpu", weights_only=True)
    again.load_state_dict(checkpoint["model"])
    its_optimizer.load_state_dict(checkpoint["optimizer"])
    train(again, its_optimizer, 4)
    assert checkpoint["epoch"] == 3
    assert all(np.array_equal(p.detach(), q.detach()) for p, q in zip(model.parameters(), again.parameters()))


def test_a_shared_tensor_is_stored_once_and_is_one_tensor_again(tmp_path):
    x = autograd.randn(1000)
    save({"a": x, "b": [x, x.detach()], "c": x + 0, "d": x.numpy()}, tmp_path / "x.npz")
    assert os.path.getsize(tmp_path / "x.npz") < 2 * x.nbytes + 2000
    loaded = load(tmp_path / "x.npz")
    assert loaded["a"] is loaded["b"][0] is loaded["b"][1]
    assert loaded["a"] is not loaded["c"]
    loaded["d"][0] = 7
    assert loaded["a"][0] == 7


def test_tied_weights_stay_tied():
    model = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3))
    model.second = model[0]
    loaded = round_trip(model.state_dict())
    assert list(loaded) == list(model.state_dict())
    assert loaded["0.weight"] is loaded["second.weight"]


def test_saving_a_tensor_does_not_change_it_and_what_is_loaded_is_its_own_memory():
    x = Tensor([1.0, 2.0], requires_grad=True)
    y = (x * x).sum()
    loaded = round_trip({"x": x, "y": y})
    y.backward()
    assert x.grad.tolist() == [2, 4]
    loaded["x"].detach().numpy()[:] = 0
    (loaded["x"] * 3).sum().backward()
    assert loaded["x"].grad.tolist() == [3, 3]
    assert loaded["y"].is_leaf
    assert loaded["y"].requires_grad


def test_a_parameter_comes_back_as_a_tensor_that_needs_a_gradient():
    loaded = round_trip([nn.Parameter([1.0]), nn.Parameter([1.0], requires_grad=False)])
    assert [(type(t), t.requires_grad) for t in loaded] == [(Tensor, True), (Tensor, False)]


def test_numpy_opens_the_file_and_unzip_shows_the_structure(tmp_path):
    save({"epoch": 3, "model": {"0.weight": Tensor([1.0, 2.0])}}, tmp_path / "x.npz")
    with np.load(tmp_path / "x.npz") as arrays:
        assert arrays.files == ["structure.json", "model/0.weight"]
        assert arrays["model/0.weight"].tolist() == [1, 2]
        structure = json.loads(arrays["structure.json"])
    assert structure["value"] == {
        "dict": [["epoch", 3], ["model", {"dict": [["0.weight", {"tensor": "model/0.weight"}]]}]]
    }


def test_the_same_object_makes_the_same_bytes():
    files = [io.BytesIO(), io.BytesIO()]
    for file in files:
        save({"a": Tensor([1.0]), "b": [1, 2]}, file)
    assert files[0].getvalue() == files[1].getvalue()


def test_nn_and_autograd_have_the_same_two_functions():
    assert (nn.save, nn.load) == (autograd.save, autograd.load)


# --- What cannot be saved ---------------------------------------------------------------------------------------------


class Options:
    pass


@pytest.mark.parametrize(
    ("obj", "message"),
    [
        (nn.Linear(2, 1), r"the object itself is a Linear, a whole Module.*save\(model.state_dict\(\), path\)"),
        ({"model": nn.Linear(2, 1)}, r"\['model'\] is a Linear, a whole Module.*model.load_state_dict\(load\(path\)\)"),
        (optim.SGD([Tensor([1.0], requires_grad=True)], lr=1), "a SGD, a whole object with a state"),
        ({"a": [1, {2, 3}]}, r"\['a'\]\[1\] is a set; write sorted\(set\)"),
        ([lambda: 1], r"\[0\] is a function; save takes dicts"),
        ([Options()], "is a Options"),
        ({"x": np.array([object()])}, r"\['x'\] is an array of Python objects"),
        ({"x": np.zeros(1, [("a", int)])}, "array of records"),
        ({Tensor([1.0]): 1}, "has a Tensor as a key"),
    ],
)
def test_what_cannot_be_saved_is_named_with_its_place(obj, message, tmp_path):
    with pytest.raises(TypeError, match=message):
        save(obj, tmp_path / "x.npz")
    assert not list(tmp_path.iterdir())


def test_nests_without_end_are_refused():
    loop = [1]
    loop.append({"again": loop})
    with pytest.raises(ValueError, match=r"\[1\]\['again'\] contains itself"):
        save(loop, io.BytesIO())
    deep = []
    for _ in range(5000):
        deep = [deep]
    with pytest.raises(ValueError, match="hundreds of levels"):
        save(deep, io.BytesIO())
    twice = [1]
    assert round_trip([twice, twice]) == [[1], [1]]


def test_arguments_that_are_no_file_say_what_to_write():
    with pytest.raises(TypeError, match=r'f is a path .* not a dict; write save\(obj, "checkpoint.npz"\)'):
        save("x.npz", {"a": 1})
    with pytest.raises(TypeError, match="a path or a file"):
        load(3)
    with pytest.raises(TypeError, match='open\\(path, "rb"\\)'):
        load(io.StringIO("x"))
    with pytest.raises(ValueError, match="device 'cuda'"):
        load(io.BytesIO(), map_location="cuda")
    buffer = io.BytesIO()
    save(1, buffer)
    with pytest.raises(ValueError, match=r"write f.seek\(0\)"):
        load(buffer)
    buffer.seek(0)
    assert load(buffer, map_location=lambda storage, location: storage, weights_only=False) == 1


def test_folders_that_are_missing_and_files_that_are_folders(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"write os.makedirs\(.*missing"):
        save(1, tmp_path / "missing" / "x.npz")
    with pytest.raises(IsADirectoryError, match="is a folder"):
        save(1, tmp_path)
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "missing.npz")


# --- Whole or not at all ----------------------------------------------------------------------------------------------


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "x.npz"
    save("old", path)

    def fail(file):
        file.write(b"half")
        raise OSError("no space left")

    with pytest.raises(OSError, match="no space left"):
        writing.replace(str(path), fail)
    monkeypatch.setattr(os, "fsync", lambda number: fail(io.BytesIO()))
    with pytest.raises(OSError, match="no space left"):
        save("new", path)
    assert load(path) == "old"
    assert os.listdir(tmp_path) == ["x.npz"]


def test_the_new_file_is_on_the_disk_before_it_gets_the_name(tmp_path, monkeypatch):
    events = []

    def noted(name, function):
        return lambda *args: (events.append(name), function(*args))[1]

    for name in ("fsync", "replace"):
        monkeypatch.setattr(os, name, noted(name, getattr(os, name)))
    save(1, tmp_path / "x.npz")
    assert events[:2] == ["fsync", "replace"]


@pytest.mark.skipif(os.name != "posix", reason="permissions and links as POSIX has them")
def test_permissions_and_links_stay_what_they_were(tmp_path):
    old_mask = os.umask(0o027)
    try:
        save(1, tmp_path / "x.npz")
    finally:
        os.umask(old_mask)
    assert (tmp_path / "x.npz").stat().st_mode & 0o777 == 0o640
    (tmp_path / "x.npz").chmod(0o600)
    (tmp_path / "link").symlink_to(tmp_path / "x.npz")
    save(2, tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert load(tmp_path / "x.npz") == 2
    assert (tmp_path / "x.npz").stat().st_mode & 0o777 == 0o600


@pytest.mark.slow
@pytest.mark.parametrize("ending", ["npz", "safetensors"])
def test_a_process_killed_while_it_saves_leaves_a_whole_file(tmp_path, ending):
    """At many moments: whatever the file holds afterwards, it is one of the versions that were saved, complete."""
    if ending == "safetensors":
        pytest.importorskip("safetensors")
    path = tmp_path / f"x.{ending}"
    code = f"""
import numpy as np, autograd
version = 0
while True:
    version += 1
    autograd.save({{"a": np.full(200_000, float(version)), "b": np.full(50_000, float(version))}}, {str(path)!r})
    print(version, flush=True)
"""
    caught = 0
    for attempt in range(12):
        process = subprocess.Popen(
            [sys.executable, "-c", code], stdout=subprocess.PIPE, cwd=Path(__file__).parent.parent
        )
        process.stdout.readline()  # from here on there is a file
        time.sleep(0.0037 * attempt)
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        loaded = {name: np.asarray(value) for name, value in load(path).items()}
        assert loaded["a"].shape == (200_000,)
        assert len({*loaded["a"].tolist(), *loaded["b"].tolist()}) == 1
        caught += any(name.endswith(".part") for name in os.listdir(tmp_path))
    assert caught, "no process was killed while it wrote; the times above are to be changed"


# --- Damaged and hostile archives -------------------------------------------------------------------------------------


def saved(obj):
    buffer = io.BytesIO()
    save(obj, buffer)
    return buffer.getvalue()


def archive(members, compression=zipfile.ZIP_STORED):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as file:
        for name, content in members.items():
            file.writestr(name, content)
    return buffer.getvalue()


def npy(array):
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, array)
    return buffer.getvalue()


def structured(value, **arrays):
    members = {
        f"{name}.npy": content if isinstance(content, bytes) else npy(content) for name, content in arrays.items()
    }
    return archive({"structure.json": json.dumps({"format": "chainrule", "version": 1, "value": value}), **members})


def test_every_flipped_byte_is_noticed_or_harmless():
    """A file with one byte changed gives a ValueError, or what was saved."""
    obj = {"weight": Tensor([1.0, 2.0, 3.0]), "epoch": 3, "names": ["a", "b"]}
    content = saved(obj)
    named = 0
    for place in range(len(content)):
        damaged = bytearray(content)
        damaged[place] ^= 0x15
        try:
            assert same(load(io.BytesIO(damaged)), obj)
        except ValueError as error:
            named += "weight" in str(error)
    assert named > 12  # at least where the numbers are


def test_a_file_cut_short_anywhere_is_refused():
    content = saved({"weight": Tensor([1.0, 2.0, 3.0])})
    for length in range(len(content)):
        with pytest.raises(ValueError, match=r"damaged or cut short|is empty|begins with"):
            load(io.BytesIO(content[:length]))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (structured({"tensor": "w"}), "'w.npy' is missing"),
        (structured({"dict": [["w", {"tensor": "w"}]]}, w=b"xx"), "'w.npy' cannot be read"),
        (structured({"tensor": "w"}, w=npy(np.zeros(4))[:-1]), r"'w.npy' .* shape \(4,\) of float64 does not fit its 31"),
        (structured({"tensor": "w"}, w=npy(np.zeros(4)) + b"0"), "does not fit its 33"),
        (structured({"tensor": "w"}, w=npy(np.zeros(4)).replace(b"(4,)", b"(-4,)")), "'w.npy' cannot be read"),
        (structured({"tensor": "w"}, w=npy(np.zeros(4)).replace(b"(4,), }    ", b"(9**9,), }")), "'w.npy' cannot be read"),
        (structured({"array": "w"}, w=npy(np.array([1]).astype(object))), "'w.npy' .* holds object"),
        (structured({"tensor": "w"}, w=np.array(["a"])), "a Tensor cannot hold <U1"),
        (structured({"tensor": "w"}, w=np.float16([1])), "a Tensor cannot hold float16"),
        (structured({"leaf": "w"}, w=np.array([1])), "int64 has no gradient"),
        (structured({"dict": [["a", 1]]}, w=np.zeros(1)), "does not name 'w.npy'"),
        (structured({"dict": [["a", {"dict": [["b", {"object": 1}]]}]]}), r"at \['a'\]\['b'\], .* of no kind"),
        (structured({"dict": [["a", 1], ["a", 2]]}), "a key comes twice"),
        (structured({"dict": [[[], 1]]}), "dict cannot be made"),
        (structured({"dict": 3}), "dict cannot be made"),
        (structured({"tensor": ["w"]}), "cannot be made|no name"),
        (structured({"__class__": "os"}), "of no kind"),
        (structured({"namedtuple": ["P", [["__class__", 1]]]}), "cannot be made"),
        (structured({"namedtuple": ["P; import os", [["x", 1]]]}), "no name of a named tuple"),
        (structured({"scalar": ["object", 1]}), "no kind of number"),
        (structured({"scalar": ["int8", 300]}), "cannot be made"),
        (structured({"float": "1e999"}), "no number"),
        (structured({"dtype": 4}), "no dtype"),
        (structured({"a": 1, "b": 2}), "of no kind"),
        (archive({"structure.json": "{" * 100_000}), "structure.json cannot be read"),
        (archive({"structure.json": "[" * 100_000}), "structure.json cannot be read"),
        (archive({"structure.json": '{"format": "chainrule", "version": 1, "value": NaN}'}), "NaN is not JSON"),
        (archive({"structure.json": '{"format": "chainrule", "version": 2, "value": 1}'}), "of version 2"),
        (archive({"structure.json": "[]"}), "not written by autograd.save"),
        (archive({"w.npy": npy(np.zeros(3))}), "np.load opens an npz"),
        (b"", "is empty"),
        (b"something else entirely", "begins with b'something'"),
    ],
)  # fmt: skip
def test_damage_is_told_with_its_place(content, message):
    with pytest.raises(ValueError, match=message):
        load(io.BytesIO(content))


def test_archives_that_would_grow_are_refused_before_they_do():
    bomb = archive({"structure.json": "1", "w.npy": npy(np.zeros(10_000_000, np.int8))}, zipfile.ZIP_DEFLATED)
    with pytest.raises(ValueError, match=r"'structure\.json' is compressed"):
        load(io.BytesIO(bomb))
    with zipfile.ZipFile(buffer := io.BytesIO(), "w") as file:
        file.writestr("structure.json", "{}" * 50)
        first = file.infolist()[0]
        for i in range(50):  # fifty names for one and the same bytes
            twin = zipfile.ZipInfo(f"{i}.npy")
            twin.file_size = twin.compress_size = first.file_size
            twin.CRC, twin.header_offset = first.CRC, first.header_offset
            file.filelist.append(twin)
        file._didModify = True
    with pytest.raises(ValueError, match="its members have 5100 bytes together, and the file"):
        load(io.BytesIO(buffer.getvalue()))
    with zipfile.ZipFile(buffer := io.BytesIO(), "w") as file:
        file.writestr("structure.json", "1")
        with pytest.warns(UserWarning, match="Duplicate name"):
            file.writestr("structure.json", "2")
    with pytest.raises(ValueError, match="two members called"):
        load(io.BytesIO(buffer.getvalue()))


def test_bytes_that_are_no_booleans_become_booleans():
    loaded = load(io.BytesIO(structured({"tensor": "w"}, w=npy(np.zeros(2, bool))[:-2] + b"\x00\x07")))
    assert loaded.numpy().view(np.uint8).tolist() == [0, 1]


def test_bytes_that_are_no_booleans_become_booleans_in_pytorchs_files_too():
    content = pytorch_archive(program(tensor(storage=storage(kind="BoolStorage"))), **{"0": b"\0\7\1\0"})
    assert load(io.BytesIO(content)).numpy().view(np.uint8).tolist() == [0, 1, 1, 0]


def test_the_other_byte_order_is_read():
    loaded = load(io.BytesIO(structured({"tensor": "w"}, w=np.array([1.5, 2.5], ">f4"))))
    assert loaded.tolist() == [1.5, 2.5]
    assert loaded.dtype.isnative


# --- safetensors ------------------------------------------------------------------------------------------------------


def test_without_the_library_the_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "safetensors", None)
    with pytest.raises(ImportError, match=r"pip install chainrule\[files\]"):
        save({"a": Tensor([1.0])}, tmp_path / "x.safetensors")
    with pytest.raises(ImportError, match=r"pip install chainrule\[files\]"):
        load(io.BytesIO(struct.pack("<Q", 2) + b"{}"))


def test_safetensors_hold_flat_dicts_of_tensors(tmp_path):
    safetensors = pytest.importorskip("safetensors.numpy")
    path = tmp_path / "x.safetensors"
    state = {
        "w": Tensor(np.arange(6, dtype=np.float64).reshape(2, 3).T), "zero": Tensor(2.5), "none": Tensor(np.zeros((0, 2))),
        "i": Tensor([1, 2]), "b": Tensor([True, False]), "p": nn.Parameter([1.0]), "a": np.arange(3, dtype=np.uint8),
    }  # fmt: skip
    save(state, path)
    loaded = load(path)
    assert sorted(loaded) == sorted(state)
    for name, value in state.items():
        value = value.detach() if isinstance(value, Tensor) else Tensor(value)
        assert same(Tensor(np.ascontiguousarray(value.numpy()).reshape(value.shape)), loaded[name])
    assert sorted(safetensors.load_file(path)) == sorted(state)
    loaded["w"] += 1
    assert os.listdir(tmp_path) == ["x.safetensors"]


@pytest.mark.parametrize(
    ("obj", "message"),
    [
        (nn.Linear(2, 1), r"not a Linear; save its state_dict\(\)"),
        ([Tensor([1.0])], "a dict {name: Tensor}"),
        ({"epoch": 3}, r"\['epoch'\] is a int; for nests .* such as .npz"),
        ({1: Tensor([1.0])}, r"\[1\] is a Tensor"),
        ({"x": np.array(["a"])}, "cannot hold <U1"),
    ],
)
def test_what_safetensors_cannot_hold_is_named(obj, message, tmp_path):
    pytest.importorskip("safetensors")
    with pytest.raises(TypeError, match=message):
        save(obj, tmp_path / "x.safetensors")
    assert not list(tmp_path.iterdir())


def test_damaged_safetensors_are_refused(tmp_path):
    pytest.importorskip("safetensors")
    save({"w": Tensor([1.0, 2.0])}, tmp_path / "x.safetensors")
    content = (tmp_path / "x.safetensors").read_bytes()
    for length in range(9, len(content)):
        with pytest.raises(ValueError, match="damaged or cut short"):
            load(io.BytesIO(content[:length]))


def test_a_round_trip_through_pytorch_keeps_every_bit(tmp_path):
    torch = pytest.importorskip("torch")
    theirs = pytest.importorskip("safetensors.torch")
    numbers = np.random.default_rng(0)
    bits = {
        name: numbers.integers(0, 256, 24 * np.dtype(name).itemsize, np.uint8).view(name).reshape(2, 3, 4)
        for name in ("float32", "float64", "int8", "int16", "int32", "int64", "uint8")
    }
    state = {name: torch.from_numpy(array) for name, array in bits.items()}
    state |= {f"model.{k}": v for k, v in torch.nn.Linear(3, 2).state_dict().items()}
    state |= {"bool": torch.tensor([True, False]), "number": torch.tensor(0.1), "empty": torch.zeros(0, 3)}
    theirs.save_file(state, tmp_path / "theirs.safetensors")
    save(load(tmp_path / "theirs.safetensors"), tmp_path / "ours.safetensors")
    back = theirs.load_file(tmp_path / "ours.safetensors")
    assert back.keys() == state.keys()
    for name, value in state.items():
        assert back[name].dtype == value.dtype
        assert back[name].shape == value.shape
        assert back[name].numpy().tobytes() == value.numpy().tobytes()  # which NaN it is, too


def test_halves_become_float32_with_a_warning(tmp_path):
    torch = pytest.importorskip("torch")
    theirs = pytest.importorskip("safetensors.torch")
    every = torch.arange(-(2**15), 2**15, dtype=torch.int32).to(torch.int16)
    state = {"b": every.view(torch.bfloat16), "h": every.clone().view(torch.float16)}
    theirs.save_file(state, tmp_path / "x.safetensors")
    torch.save(state, tmp_path / "x.pt")
    for path in ("x.safetensors", "x.pt"):
        with pytest.warns(UserWarning, match="bfloat16 and float16 are loaded as float32") as warned:
            loaded = load(tmp_path / path)
        assert warned[0].filename == __file__
        for name, value in state.items():
            np.testing.assert_array_equal(loaded[name].numpy(), value.float().numpy())


# --- PyTorch's files --------------------------------------------------------------------------------------------------

FORMATS = [{}, {"_use_new_zipfile_serialization": False}, {"pickle_protocol": 4}]


def from_torch(obj, **options):
    torch = pytest.importorskip("torch")
    torch.save(obj, buffer := io.BytesIO(), **options)
    buffer.seek(0)
    return load(buffer)


def equal(ours, theirs):
    if isinstance(ours, Tensor):
        values = theirs.detach().numpy()
        return same(ours.detach().numpy(), np.array(values)) and ours.requires_grad == theirs.requires_grad
    if isinstance(theirs, dict):
        return list(ours) == list(theirs) and all(equal(ours[key], theirs[key]) for key in theirs)
    if isinstance(theirs, list | tuple):
        return len(ours) == len(theirs) and all(map(equal, ours, theirs))
    return ours == theirs


@pytest.mark.parametrize("options", FORMATS, ids=str)
def test_a_checkpoint_of_pytorch_is_read_without_it(options):
    torch = pytest.importorskip("torch")
    model = torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3), torch.nn.BatchNorm2d(2))
    optimizer = torch.optim.Adam(model.parameters())
    schedule = torch.optim.lr_scheduler.MultiStepLR(optimizer, [3, 5])
    model(torch.randn(3, 1, 5, 5)).sum().backward()
    optimizer.step()
    checkpoint = {
        "epoch": 3, "best": 0.5, "name": "lenet", "big": 2**70, "done": True, "none": None, "bytes": b"ab\xff",
        "model": model.state_dict(), "optimizer": optimizer.state_dict(), "milestones": schedule.state_dict()["milestones"],
        "parameter": model[0].weight, "shape": torch.Size([2, 3]), "list": [1, (2, [3.5])],
        "types": [torch.tensor([1, 2]).to(kind) for kind in (torch.int8, torch.int16, torch.int32, torch.uint8, torch.bool)],
        "double": torch.tensor(0.1, dtype=torch.float64), "empty": torch.zeros(0, 3), "needs": torch.ones(2, requires_grad=True),
    }  # fmt: skip
    loaded = from_torch(checkpoint, **options)
    assert equal(loaded, checkpoint)
    assert isinstance(loaded["model"], collections.OrderedDict)


@pytest.mark.parametrize("options", FORMATS, ids=str)
def test_views_of_pytorch_share_their_storage_here_too(options):
    torch = pytest.importorskip("torch")
    x = torch.arange(24.0)
    views = {
        "whole": x,
        "matrix": x.reshape(4, 6),
        "part": x.reshape(4, 6)[1:, 1::2],
        "turned": x.reshape(4, 6).T,
        "one": x[7],
    }
    loaded = from_torch({**views, "spread": torch.ones(3, 1).expand(3, 4), "types": torch.float32}, **options)
    assert all(equal(loaded[name], views[name]) for name in views)
    loaded["spread"][0, 0] = 2
    assert loaded["spread"].tolist() == [[2.0, 1.0, 1.0, 1.0], [1.0] * 4, [1.0] * 4]  # with memory of its own
    assert loaded["types"] == np.float32
    loaded["whole"][:] = 0
    assert not loaded["turned"].numpy().any()


def test_newer_integers_of_pytorch_are_read():
    torch = pytest.importorskip("torch")
    assert from_torch({"u": torch.tensor([1, 65535], dtype=torch.uint16)})["u"].dtype == np.uint16


def test_the_weights_of_a_pytorch_file_fit_a_module(tmp_path):
    torch = pytest.importorskip("torch")
    theirs = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.ReLU(), torch.nn.Linear(4, 2))
    torch.save(theirs.state_dict(), tmp_path / "model.pth")
    ours = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2))
    ours.load_state_dict(load(tmp_path / "model.pth", map_location=autograd.device("cpu")))
    x = np.ones((2, 3), np.float32)
    np.testing.assert_allclose(ours(x).tolist(), theirs(torch.from_numpy(x)).tolist(), rtol=1e-6)


def test_pytorch_is_not_imported(tmp_path):
    torch = pytest.importorskip("torch")
    torch.save({"w": torch.ones(2)}, tmp_path / "x.pt")
    code = f"import sys, autograd; print(autograd.load({str(tmp_path / 'x.pt')!r}), 'torch' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=Path(__file__).parent.parent, capture_output=True, text=True
    )
    assert done.stdout.split()[-1] == "False", done.stderr


class Evil:
    def __init__(self, *call):
        self.call = call

    def __reduce__(self):
        return self.call


def pytorch_archive(program, **records):
    return archive({"a/data.pkl": program, "a/byteorder": "little", **{f"a/data/{k}": v for k, v in records.items()}})


def program(*instructions):
    """A pickle of these instructions, written by hand."""
    return b"\x80\x02" + b"".join(instructions) + b"."


def text(value):
    value = value.encode()
    return b"X" + struct.pack("<I", len(value)) + value


def integer(value):
    content = value.to_bytes((value.bit_length() + 8) // 8, "little", signed=True)
    return b"\x8a" + bytes([len(content)]) + content


def ints(*values):
    return b"(" + b"".join(map(integer, values)) + b"t"


def storage(key="0", kind="FloatStorage", count=4):
    return b"(" + text("storage") + f"ctorch\n{kind}\n".encode() + text(key) + text("cpu") + integer(count) + b"tQ"


def tensor(offset=0, size=(4,), stride=(1,), storage=None):
    arguments = (storage or globals()["storage"]()) + integer(offset) + ints(*size) + ints(*stride) + b"\x89N"
    return b"ctorch._utils\n_rebuild_tensor_v2\n(" + arguments + b"tR"


FOUR = np.arange(4, dtype=np.float32).tobytes()


def test_programs_written_by_hand_are_read():
    loaded = load(io.BytesIO(pytorch_archive(program(tensor(1, (2,), (2,))), **{"0": FOUR})))
    assert loaded.tolist() == [1, 3]


@pytest.mark.parametrize(
    ("hostile", "named"),
    [
        (Evil(os.system, ("echo run > ran",)), "(posix|nt).system"),
        (Evil(eval, ("open('ran', 'w')",)), "builtins.eval|__builtin__.eval"),
        (Evil(exec, ("open('ran', 'w')",)), "exec"),
        (Evil(subprocess.Popen, (["touch", "ran"],)), "Popen"),
        (Evil(open, ("ran", "w")), "open"),
        (Evil(print, ("ran",)), "print"),
        ({1, 2}, "set|SET"),
        (np.float64(1.0), "numpy"),
        (np.zeros(3), "numpy"),
        (Options(), "Options"),
        (Point(1, 2), "Point"),
        (1j, "complex"),
        (collections.deque([1]), "deque"),
        (collections.defaultdict(list), "defaultdict"),
        (os.system, "system"),
        (bytearray(b"a"), "bytearray"),
        ({(1, 2): 3}, "a tuple as a key"),
    ],
    ids=lambda x: x if isinstance(x, str) else type(x).__name__,
)
@pytest.mark.parametrize("protocol", [2, 4])
def test_what_is_not_plain_data_is_refused_by_name_and_not_run(hostile, named, protocol, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    head = b"".join(pickle.dumps(x, 2) for x in (0x1950A86A20F9469CFC6C, 1001, {"little_endian": True}))
    for obj in (hostile, {"model": [hostile]}):
        content = pickle.dumps(obj, protocol)
        for file in (pytorch_archive(content), head + content + pickle.dumps([], 2)):
            with pytest.raises(
                ValueError, match=rf"holds .*({named}).*takes nothing .*torch.save\(model.state_dict\(\)"
            ):
                load(io.BytesIO(file))
    assert not os.listdir(tmp_path)


@pytest.mark.parametrize(
    ("instructions", "message"),
    [
        (tensor(1), "offset 1 leaves its storage of 4"),
        (tensor(0, (5,)), "leaves its storage"),
        (tensor(0, (2, 3), (3, 1)), "leaves its storage"),
        (tensor(-1), "offset -1"),
        (tensor(0, (4,), (-1,)), "cut short: a Tensor of offset 0"),
        (tensor(0, (-4,)), "damaged"),
        (tensor(0, (2**70,), (0,)), "repeats the 4 numbers"),
        (tensor(0, (2**40, 2**40), (0, 0)), "repeats the 4 numbers"),
        (b"(" + tensor(0, (2**22,), (0,)) * 5 + b"l", "repeats the 4 numbers"),
        (b"(" + tensor() + tensor(storage=storage(kind="IntStorage")) + b"l", "storage '0' is described in two ways"),
        (tensor(storage=storage(kind="UntypedStorage", count=16)), "without a type"),
        (b"ctorch\ndevice\n(" + b"N" + b"\x85q\x00h\x00\x86q\x00" * 80 + b"tR", "a tuple as a key"),
        (b"((" + b"N" + b"\x85q\x00h\x00\x86q\x00" * 80 + b"NN" + text("cpu") + b"NtQ", "called a tuple"),
        (tensor(2**70), "leaves its storage"),
        (tensor(0, (1,) * 40, (1,) * 40), "damaged"),
        (tensor(0, (2,), ()), "damaged"),
        (tensor(storage=storage(count=2**60)), "'a/data/0' has 16 bytes, and should have"),
        (tensor(storage=storage(count=5)), "'a/data/0' has 16 bytes, and should have 5 numbers of 4"),
        (tensor(storage=storage(count=-4)), "not described as PyTorch does"),
        (tensor(storage=storage("9")), "'a/data/9' is missing"),
        (tensor(storage=storage("../data.pkl")), "is missing"),
        (tensor(storage=storage(kind="ComplexFloatStorage")), "ComplexFloatStorage"),
        (tensor(storage=text("storage")), "without a storage"),
        (storage(), "a storage by itself"),
        (b"ctorch\nFloatStorage\n", "torch.FloatStorage by itself"),
        (b"](ctorch\nFloatStorage\ne", "torch.FloatStorage by itself"),
        (b"ctorch._utils\n_rebuild_tensor_v2\n}" + text("__code__") + b"Nsb", "attributes of a Symbol"),
        (b"ctorch._utils\n_rebuild_parameter\n(N\x88Nt" + b"R", "a Parameter made of a NoneType"),
        (b"ccollections\nCounter\n(]tR", "a Counter of something else"),
        (b"c_codecs\nencode\n(" + text("a") + text("rot13") + b"tR", "text encoded as 'rot13'"),
        (b"}]Ns", "a list as a key"),
        (b"NNa", "appended to a NoneType"),
        (b"N)R", "a call of a NoneType"),
        (b"ccollections\nOrderedDict\n(NtR", "damaged"),
        (b"h\x09", "damaged"),
        (b"t", "damaged"),
        (b"\x85", "damaged"),
        (b"", "damaged"),
        (b"Vtext\n", "the pickle instruction UNICODE"),
        (b"\x82\x01", "the pickle instruction EXT1"),
        (b"cos\nsystem\n" + text("echo") + b"\x85R", "os.system"),
        (b"\x8b" + struct.pack("<i", 2**31 - 1), "damaged or cut short"),
        (b"X" + struct.pack("<I", 2**32 - 1), "damaged or cut short"),
    ],
)  # fmt: skip
def test_hostile_programs_are_refused(instructions, message):
    with pytest.raises(ValueError, match=message):
        load(io.BytesIO(pytorch_archive(program(instructions), **{"0": FOUR})))


def test_a_pytorch_file_cut_short_or_changed_is_refused_or_harmless():
    torch = pytest.importorskip("torch")
    for options in FORMATS:
        torch.save({"w": torch.tensor([1.0, 2.0]), "n": 3}, buffer := io.BytesIO(), **options)
        content = buffer.getvalue()
        for length in range(0, len(content), 7):
            with pytest.raises(ValueError, match=r"damaged|cut short|is empty|begins with|holds"):
                load(io.BytesIO(content[:length]))
        for place in range(0, len(content), 3):
            damaged = bytearray(content)
            damaged[place] ^= 0x09
            try:
                load(io.BytesIO(damaged))
            except ValueError:
                pass


ORDERED = b"ccollections\nOrderedDict\n)R(" + text("w") + tensor() + b"u}b"
PARAMETER = b"ctorch._utils\n_rebuild_parameter\n(" + tensor(1, (3,)) + b"\x88NtR"
WHOLE = program(
    b"}(" + text("model") + ORDERED + text("p") + PARAMETER + text("n") + b"](K\x01G" + struct.pack(">d", 0.5) + b"eu"
)
SMALL = {"w": Tensor([1.0, 2.0]), "nest": (1, b"a", np.float32(2)), "point": Point(1j, float("nan"))}
edits = st.lists(
    st.tuples(st.floats(0, 1, exclude_max=True), st.binary(max_size=3), st.integers(0, 3)), min_size=1, max_size=4
)


@pytest.mark.filterwarnings("ignore:.*additional header parsing")
@given(edits, st.sampled_from(["program", "structure.json", "w.npy"]))
def test_whatever_is_changed_inside_the_members_gives_a_value_or_a_value_error(edits, which):
    """The archive is whole, with right checksums; bytes of one member are replaced, taken out or put in."""

    def changed(content):
        for place, new, count in edits:
            at = int(place * len(content))
            content = content[:at] + new + content[at + count :]
        return content

    if which == "program":
        content = pytorch_archive(changed(WHOLE), **{"0": FOUR})
    else:
        with zipfile.ZipFile(io.BytesIO(saved(SMALL))) as file:
            members = {name: file.read(name) for name in file.namelist()}
        content = archive({**members, which: changed(members[which])})
    with contextlib.suppress(ValueError):
        load(io.BytesIO(content))


def test_the_program_that_is_changed_above_is_read():
    loaded = load(io.BytesIO(pytorch_archive(WHOLE, **{"0": FOUR})))
    assert loaded["model"]["w"].tolist() == [0, 1, 2, 3]
    assert loaded["p"].requires_grad
    assert loaded["n"] == [1, 0.5]


def test_a_whole_module_of_pytorch_says_what_to_save_instead():
    torch = pytest.importorskip("torch")
    with pytest.raises(
        ValueError, match=r"holds torch.nn.modules.linear.Linear.*torch.save\(model.state_dict\(\), path\)"
    ):
        from_torch(torch.nn.Linear(2, 1))


def test_other_files_are_named_for_what_they_are():
    with pytest.raises(ValueError, match="a pickle, but not of PyTorch"):
        load(io.BytesIO(pickle.dumps({"a": 1}, 2)))
    with pytest.raises(ValueError, match="TorchScript"):
        load(io.BytesIO(archive({"m/data.pkl": b"", "m/constants.pkl": b""})))
    with pytest.raises(ValueError, match="byte order"):
        load(io.BytesIO(archive({"m/data.pkl": b"", "m/byteorder": b"middle"})))
