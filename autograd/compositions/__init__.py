"""PyTorch's functions that are a line or two over the operations, one family a file: functions and methods alike.

They take PyTorch's words, `dim`, `keepdim`, `other`, and return what PyTorch returns. `autograd` shows them as
functions, the class body of Tensor as methods.
"""
