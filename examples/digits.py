"""Train a network to read handwritten digits, and look at what it learned.

    python examples/digits.py --epochs 40 --seed 0 --out digits-out

Writes into the folder --out: graph.svg and graph.png, the computation graph of one training step; loss.png, the loss
over the steps; mistakes.png, the test digits that were misread; model.npz, the trained weights.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

import autograd
import nn
import optim


def main() -> None:
    options = parse_options()
    out = writable_folder(options.out)
    autograd.manual_seed(options.seed)
    train, test = nn.data.digits(seed=options.seed)
    if not np.isfinite(train.inputs).all():
        stop("the training images contain NaN or infinity; every pixel must be a number from 0 to 1")

    model = nn.MLP([64, 128, 64, 10], activation=nn.ReLU)
    losses = fit(model, train, options.epochs)
    model.eval()
    guesses = predict(model, test.inputs)

    draw_graph(model, train, out)
    plot(losses, test, guesses, out)
    np.savez(out / "model.npz", **{name: values.numpy() for name, values in model.state_dict().items()})
    print(confusion(test.targets, guesses))
    print(f"graph, plots and weights are in {out}")
    print(f"test accuracy: {accuracy(test.targets, guesses):.1%}")


# --- Training ---


def fit(model: nn.Module, train: nn.data.Samples, epochs: int, batch_size: int = 32) -> list[float]:
    """Minimise the cross-entropy by Adam on shuffled minibatches; the losses of all steps."""
    optimizer = optim.Adam(model.parameters(), lr=2e-3, weight_decay=1e-4)
    losses: list[float] = []
    with progress(epochs) as bar:
        for _ in range(epochs):
            right = 0
            for images, labels in nn.data.batches(*train, batch_size=batch_size):
                logits = model(images)
                loss = nn.functional.cross_entropy(logits, labels)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                losses.append(loss.item())
                right += int((logits.numpy().argmax(1) == labels).sum())
            bar.set_postfix(
                loss=f"{np.mean(losses[-len(train.targets) // batch_size :]):.4f}",
                accuracy=f"{right / len(train.targets):.1%}",
            )
            bar.update()
            for group in optimizer.param_groups:
                group["lr"] *= 0.93
    return losses


@autograd.no_grad()
def predict(model: nn.Module, images: np.ndarray) -> np.ndarray:
    """The most probable digit of each image."""
    return model(images).numpy().argmax(1)


def accuracy(targets: np.ndarray, guesses: np.ndarray) -> float:
    return float((targets == guesses).mean())


def confusion(targets: np.ndarray, guesses: np.ndarray) -> str:
    """How many digits were read as which: a row a digit, a column a reading."""
    table = np.zeros((10, 10), int)
    np.add.at(table, (targets, guesses), 1)
    rows = ["read as " + "".join(f"{d:4d}" for d in range(10)) + "   right"]
    for digit, row in enumerate(table):
        cells = "".join(f"{n:4d}" if n else "   ." for n in row)
        rows.append(f"digit {digit} {cells}   {row[digit] / max(row.sum(), 1):.0%}")
    return "\n".join(rows)


# --- Pictures ---


def draw_graph(model: nn.Module, train: nn.data.Samples, out: Path) -> None:
    """The computation graph of one training step."""
    loss = nn.functional.cross_entropy(model(train.inputs[:32]), train.targets[:32])
    picture = autograd.draw(loss)
    try:
        picture.save(out / "graph.svg")
        picture.save(out / "graph.png")
    except RuntimeError as error:  # no Graphviz at all: the text of the graph can be drawn elsewhere
        picture.save(out / "graph.dot")
        print(f"only graph.dot was written: {error}")


def plot(losses: list[float], test: nn.data.Samples, guesses: np.ndarray, out: Path) -> None:
    """The loss over the steps, and the misread digits."""
    try:
        import matplotlib
    except ImportError:
        print("no plots were made: pip install 'chainrule[plot]' brings matplotlib")
        return
    matplotlib.use("agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
    axes.semilogy(losses, color="#aed6f1", linewidth=0.8, label="each step")
    window = min(45, len(losses))
    axes.semilogy(
        np.arange(window - 1, len(losses)), np.convolve(losses, np.ones(window) / window, "valid"),
        color="#1f618d", label=f"mean of {window} steps",
    )  # fmt: skip
    axes.set(xlabel="step", ylabel="cross-entropy", title="Training loss")
    axes.legend()
    figure.savefig(out / "loss.png", dpi=120)

    wrong = np.flatnonzero(guesses != test.targets)
    columns = 6
    rows = max(-(-len(wrong) // columns), 1)
    figure, grid = plt.subplots(
        rows, columns, figsize=(1.5 * columns, 1.75 * rows + 0.6), layout="constrained", squeeze=False
    )
    figure.suptitle(f"{len(wrong)} of {len(guesses)} test digits were misread")
    for axes in grid.flat:
        axes.axis("off")
    for axes, i in zip(grid.flat, wrong):
        axes.imshow(test.inputs[i].reshape(8, 8), cmap="gray_r")
        axes.set_title(f"{test.targets[i]} read as {guesses[i]}", fontsize=9)
    figure.savefig(out / "mistakes.png", dpi=120)
    plt.close("all")


# --- The command line ---


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--epochs", type=positive, default=40, help="how often all images are seen (default: 40)")
    parser.add_argument("--seed", type=int, default=0, help="decides split, weights and order (default: 0)")
    parser.add_argument(
        "--out", type=Path, default=Path("digits-out"), help="folder for the results (default: digits-out)"
    )
    options = parser.parse_args()
    if options.seed < 0:
        parser.error(f"argument --seed: {options.seed} is negative; give 0, 1, 2, ...")
    return options


def positive(text: str) -> int:
    if not text.isdigit() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of epochs; give 1, 2, 3, ...")
    return int(text)


def writable_folder(path: Path) -> Path:
    """The folder, made if need be, after a file could be written to it: better now than after the training."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            pass
    except OSError as error:
        stop(f"cannot write to --out {path}: {error.strerror}; give a folder of your own, such as --out results")
    return path


def stop(message: str) -> None:
    print(f"digits.py: {message}", file=sys.stderr)
    raise SystemExit(2)


def progress(epochs: int) -> Any:
    """A progress bar over the epochs, by tqdm where it is installed."""
    try:
        from tqdm import tqdm
    except ImportError:
        print("no progress bar: pip install 'chainrule[examples]' brings tqdm")
        return NoBar()
    return tqdm(total=epochs, unit="epoch")


class NoBar:
    def __enter__(self) -> NoBar:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def update(self) -> None:
        pass

    def set_postfix(self, **values: str) -> None:
        pass


if __name__ == "__main__":
    main()
