"""Batch normalization fitted to lines without any text: its statistics, nothing that is learnt.

Source: Li et al. 2017, arXiv:1603.04779 (adaptive batch normalization).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch

from uncial.imaging.prepare import prepare
from uncial.models.compute import half_precision, worker_pool
from uncial.models.reading import Image, groups
from uncial.models.recognizer import Recognizer, frames_of
from uncial.nn.ops.norm import BatchNorm


def normalized(recognizer: Recognizer, images: Sequence[Image]) -> bool:
    """Put the statistics of lines into a network, in place.

    Args:
        recognizer: Its network's batch normalization is changed; reading in integers is unlearnt.
        images: Lines; some hundred are enough.

    Returns:
        Whether there was anything to change.
    """
    network = recognizer.network
    norms = [module for module in network.modules() if isinstance(module, BatchNorm)]
    if not norms or not len(images):
        return False
    recognizer.read_in_reals()
    lines = sorted((prepare(i, recognizer.preprocessing) for i in images), key=lambda i: i.shape[1])
    slices = list(groups([line.shape[1] for line in lines], recognizer.batch_area))
    device = next(network.parameters()).device
    momenta = [norm.norm.momentum for norm in norms]
    network.eval()
    for norm in norms:
        norm.train()
    with worker_pool(1), half_precision(device), torch.no_grad():
        for number, (first, last) in enumerate(slices, start=1):
            for norm in norms:
                norm.norm.momentum = 1 / number  # the mean over all batches
            network.log_probs(frames_of(recognizer.batch(lines[first:last]), device))
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.norm.momentum = momentum
    network.eval()
    return True
