"""A classifier of the digits fitted from beginning to end: the training loop against scikit-learn's.

The network, its activation, the rate of Adam, the batches and the number of epochs are the same, and so is the accuracy
on the digits kept apart, but for chance: each side draws its own first weights, and one image in 359 is 0.3 %.
"""

import warnings

from benchmarks.measure import Case

HIDDEN, BATCH, EPOCHS, RATE = (128, 64), 32, 30, 2e-3


def chainrule():
    import autograd
    import nn
    import optim

    train, test = nn.data.digits()
    accuracy = []

    def step():
        autograd.manual_seed(0)
        model = nn.MLP([64, *HIDDEN, 10], activation=nn.ReLU)
        trainer = optim.Trainer(
            model,
            optim.Adam(model.parameters(), lr=RATE),
            nn.functional.cross_entropy,
            progress=False,
        )
        trainer.run(train, epochs=EPOCHS, batch_size=BATCH)
        accuracy[:] = [optim.metrics.Accuracy()(model(test.inputs), test.targets)]

    return step, lambda: accuracy


def scikit_learn():
    from sklearn.neural_network import MLPClassifier

    import nn

    train, test = nn.data.digits()
    accuracy = []

    def step():
        model = MLPClassifier(
            HIDDEN,
            batch_size=BATCH,
            learning_rate_init=RATE,
            max_iter=EPOCHS,
            alpha=0,
            tol=0,
            n_iter_no_change=EPOCHS,
            random_state=0,
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that it would go on
            model.fit(*train)
        accuracy[:] = [model.score(*test)]

    return step, lambda: accuracy


CASES = [
    Case(
        "fit",
        "64-128-64-10 fitted to the digits: ReLU, Adam, batch 32, 30 epochs; the training loop and scikit-learn's",
        {"chainrule": chainrule, "sklearn": scikit_learn},
        target=0.5,
        reference="sklearn",
        tolerance=0.015,
        rounds=9,
    )
]
