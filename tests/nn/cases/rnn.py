"""Recurrent layers and cells; sequences padded and packed."""

from . import Case, real, whole


def given(nn, layer):
    """The layer or cell, its state in arguments of their own: h, or h and c."""

    class Given(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = layer

        def forward(self, x, *state):
            return self.layer(x, state if len(state) == 2 else state[0])

    return Given()


def packed(nn, layer, lengths, sort=False):
    """The layer on sequences of these lengths; what it returns is packed, and is padded again, too."""
    rnn = nn.utils.rnn

    class Packed(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = layer

        def forward(self, x, *state):
            x = rnn.pack_padded_sequence(x, lengths, layer.batch_first, enforce_sorted=not sort)
            output, last = self.layer(x, state if len(state) == 2 else state[0] if state else None)
            return output, last, rnn.pad_packed_sequence(output, layer.batch_first, 0.5)

    return Packed()


def steps(nn, cell):
    """The cell called for one step after the other."""

    class Steps(nn.Module):
        def __init__(self):
            super().__init__()
            self.cell = cell

        def forward(self, x):
            state = None
            for row in x:
                state = self.cell(row, state)
            return state

    return Steps()


def tagger(nn):
    """The recurrent network that a text book would write: its last step, through a linear layer."""

    class Tagger(nn.Module):
        def __init__(self):
            super().__init__()
            self.rnn = nn.LSTM(2, 3, num_layers=2, batch_first=True, bidirectional=True)
            self.head = nn.Linear(6, 2)

        def forward(self, x):
            self.rnn.flatten_parameters()
            return self.head(self.rnn(x)[0][:, -1])

    return Tagger()


CASES = [
    *(
        case
        for name in ("RNN", "LSTM", "GRU")
        for case in (
            Case(lambda nn, name=name: getattr(nn, name)(2, 3), real(4, 2, 2)),
            Case(lambda nn, name=name: getattr(nn, name)(2, 3, bias=False), real(4, 2)),
            Case(lambda nn, name=name: getattr(nn, name)(2, 3, batch_first=True), real(2, 4, 2)),
            Case(lambda nn, name=name: getattr(nn, name)(2, 3, batch_first=True), real(4, 2)),
            Case(lambda nn, name=name: getattr(nn, name)(2, 3, bidirectional=True), real(3, 2, 2)),
            Case(lambda nn, name=name: getattr(nn, name)(2, 3, bidirectional=True), real(3, 2)),
            Case(lambda nn, name=name: getattr(nn, name)(2, 3, 3), real(1, 2, 2)),
            Case(lambda nn, name=name: getattr(nn, name)(2, 3, 2, bidirectional=True, batch_first=True), real(2, 3, 2)),
            Case(lambda nn, name=name: getattr(nn, name)(2, 3, 2, dropout=0.5), real(3, 2, 2), modes=("eval",)),
            Case(lambda nn, name=name: packed(nn, getattr(nn, name)(2, 3), [3, 2, 2]), real(4, 3, 2)),
            Case(
                lambda nn, name=name: packed(nn, getattr(nn, name)(2, 3, 2, bidirectional=True), [1, 4, 3], sort=True),
                real(4, 3, 2),
            ),
            Case(lambda nn, name=name: packed(nn, getattr(nn, name)(2, 3, batch_first=True), [3, 1]), real(2, 3, 2)),
            Case(lambda nn, name=name: steps(nn, getattr(nn, f"{name}Cell")(2, 3)), real(3, 2, 2)),
            Case(lambda nn, name=name: getattr(nn, f"{name}Cell")(2, 3, bias=False), real(2, 2)),
            Case(lambda nn, name=name: getattr(nn, f"{name}Cell")(2, 3), real(2)),
        )
    ),
    *(
        case
        for name in ("RNN", "GRU")
        for case in (
            Case(lambda nn, name=name: given(nn, getattr(nn, name)(2, 3)), real(4, 2, 2), real(1, 2, 3)),
            Case(lambda nn, name=name: given(nn, getattr(nn, name)(2, 3, 2)), real(4, 2), real(2, 3)),
            Case(
                lambda nn, name=name: packed(nn, getattr(nn, name)(2, 3, bidirectional=True), [1, 3], sort=True),
                real(3, 2, 2),
                real(2, 2, 3),
            ),
            Case(lambda nn, name=name: given(nn, getattr(nn, f"{name}Cell")(2, 3)), real(2, 2), real(2, 3)),
            Case(lambda nn, name=name: given(nn, getattr(nn, f"{name}Cell")(2, 3)), real(2), real(3)),
        )
    ),
    Case(lambda nn: given(nn, nn.LSTM(2, 3)), real(4, 2, 2), real(1, 2, 3), real(1, 2, 3)),
    Case(lambda nn: given(nn, nn.LSTM(2, 3, 2)), real(4, 2), real(2, 3), real(2, 3)),
    Case(
        lambda nn: given(nn, nn.LSTM(2, 3, 2, bidirectional=True, batch_first=True, proj_size=2)),
        real(2, 3, 2),
        real(4, 2, 2),
        real(4, 2, 3),
    ),
    Case(
        lambda nn: packed(nn, nn.LSTM(2, 3, bidirectional=True, proj_size=1), [1, 3], sort=True),
        real(3, 2, 2),
        real(2, 2, 1),
        real(2, 2, 3),
    ),
    Case(lambda nn: nn.LSTM(2, 3, proj_size=2), real(4, 2, 2)),
    Case(lambda nn: nn.LSTM(2, 3, bias=False, proj_size=2), real(4, 2)),
    Case(lambda nn: given(nn, nn.LSTMCell(2, 3)), real(2, 2), real(2, 3), real(2, 3)),
    Case(lambda nn: given(nn, nn.LSTMCell(2, 3)), real(2), real(3), real(3)),
    Case(lambda nn: nn.RNN(2, 3, 2, "relu"), real(4, 2, 2)),
    Case(lambda nn: nn.RNN(2, 3, nonlinearity="relu", bidirectional=True), real(4, 2, 2)),
    Case(lambda nn: packed(nn, nn.RNN(2, 3, 1, "relu"), [2, 3], sort=True), real(3, 2, 2)),
    Case(lambda nn: nn.RNNCell(2, 3, nonlinearity="relu"), real(2, 2)),
    Case(tagger, real(2, 4, 2)),
    Case(lambda nn: lambda x: nn.utils.rnn.pack_padded_sequence(x, [3, 3, 1]), real(3, 3)),
    Case(lambda nn: lambda x: nn.utils.rnn.pack_padded_sequence(x, [3, 1], batch_first=True), whole(9, 2, 5, 2)),
    Case(lambda nn: lambda x: nn.utils.rnn.pack_padded_sequence(x, [1, 3, 1, 2], True, False), real(4, 3)),
    Case(
        lambda nn: (
            lambda a, b, c: nn.utils.rnn.pad_packed_sequence(
                nn.utils.rnn.pack_sequence([a, b, c], enforce_sorted=False), padding_value=-1.0, total_length=4
            )
        ),
        real(2, 2),
        real(3, 2),
        real(1, 2),
    ),
    Case(lambda nn: lambda a, b: nn.utils.rnn.pack_sequence([a, b]), real(3, 2), real(2, 2)),
    Case(lambda nn: lambda a, b: nn.utils.rnn.pad_sequence([a, b]), real(1, 2), real(3, 2)),
    Case(lambda nn: lambda a, b: nn.utils.rnn.pad_sequence([a, b], True, 2.0, "left"), real(1), real(3)),
    Case(lambda nn: lambda a, b: nn.utils.rnn.pad_sequence((a, b), padding_value=7), whole(5, 1), whole(5, 3)),
    Case(
        lambda nn: lambda a, b: nn.utils.rnn.unpack_sequence(nn.utils.rnn.pack_sequence([a, b], enforce_sorted=False)),
        real(2, 2),
        real(3, 2),
    ),
]
