"""The numbers of the deck distributed-training: memory, traffic, bubbles, activations, formats and time."""

import math

import numpy as np

GB = 1e9


def zero_state(parameters, gpus, stage):
    """Bytes per GPU of mixed-precision Adam: 2 + 2 + 12 per parameter, sharded by stage."""
    kept = {0: 16, 1: 4, 2: 2, 3: 0}[stage]
    return parameters * (kept + (16 - kept) / gpus)


def test_state_per_gpu():
    assert zero_state(7e9, 8, 0) / GB == 112
    assert [zero_state(7e9, 8, s) / GB for s in (1, 2, 3)] == [38.5, 26.25, 14]
    assert [round(zero_state(7e9, 64, s) / GB, 2) for s in (1, 2, 3)] == [29.31, 15.53, 1.75]
    assert [round(zero_state(7.5e9, 64, s) / GB, 1) for s in (0, 1, 2, 3)] == [120, 31.4, 16.6, 1.9]
    assert 2 + 2 + 4 + 1 + 1 == 10
    assert 2 + 2 + 4 + 4 == 12


def ring_all_reduce(buffers):
    """The reduced buffers and the number of values that each rank sent."""
    n = len(buffers)
    chunks = [np.array_split(b.copy(), n) for b in buffers]
    sent = 0
    for phase, first in (("add", 0), ("copy", 1)):
        for step in range(n - 1):
            parcels = [(rank, (rank + first - step) % n) for rank in range(n)]
            values = [chunks[rank][part].copy() for rank, part in parcels]
            for (rank, part), value in zip(parcels, values, strict=True):
                target = chunks[(rank + 1) % n]
                target[part] = target[part] + value if phase == "add" else value
                sent += value.size
    return [np.concatenate(c) for c in chunks], sent / n


def test_ring_all_reduce():
    buffers = list(np.random.default_rng(0).normal(size=(8, 64)))
    reduced, sent = ring_all_reduce(buffers)
    assert all(np.allclose(r, sum(buffers)) for r in reduced)
    assert sent / 64 == 2 * 7 / 8
    assert 2 * 7 / 8 * 14 == 24.5
    assert round(24.5 / 450 * 1000) == 54
    assert round(24.5 / 50, 2) == 0.49


def idle_share(stages, micro_batches):
    """Simulate forward and backward stairs with a backward pass of two units."""
    fill = stages + micro_batches - 1
    end = fill + 2 * (stages - 1) + 2 * micro_batches
    return 1 - 3 * micro_batches / end


def test_pipeline_bubble():
    for p, m in ((4, 4), (8, 8), (8, 32)):
        assert math.isclose(idle_share(p, m), (p - 1) / (m + p - 1))
    assert math.isclose(idle_share(4, 4), 3 / 7)
    assert round(3 / 7, 2) == 0.43
    assert round(idle_share(8, 8), 2) == 0.47
    assert round(idle_share(8, 32), 2) == 0.18


def test_column_then_row_split():
    rng = np.random.default_rng(0)
    x, a, b = rng.normal(size=(3, 4)), rng.normal(size=(4, 6)), rng.normal(size=(6, 4))
    relu = lambda z: np.maximum(z, 0)  # noqa: E731
    assert np.allclose(relu(x @ a) @ b, sum(relu(x @ a[:, i : i + 3]) @ b[i : i + 3] for i in (0, 3)))
    assert not np.allclose(relu(x @ a), sum(relu(x[:, i : i + 2] @ a[i : i + 2]) for i in (0, 2)))


def test_activations():
    s = h = 4096
    a = layers = 32
    full = layers * s * h * (34 + 5 * a * s / h) / GB
    assert round(full) == 104
    assert round(layers * s * h * 34 / GB, 1) == 18.3
    assert round(layers * 2 * s * h / GB, 2) == 1.07
    assert round(32_768 * 128_256 * 4 / GB, 1) == 16.8


def bf16(value):
    bits = int(np.float32(value).view(np.uint32))
    rounded = (bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000
    return float(np.uint32(rounded).view(np.float32))


def test_number_formats():
    assert float(np.finfo(np.float16).max) == 65_504
    assert np.finfo(np.float16).nexp == 5
    assert np.finfo(np.float16).nmant == 10
    assert np.finfo(np.float32).nexp == 8
    assert bf16(1.001) == 1.0
    assert bf16(1.004) == 1 + 2**-7
    assert float(np.spacing(np.float16(1))) == 2**-10


def test_time_and_utilisation():
    flops = 6 * 7e9 * 1e12
    assert flops == 4.2e22
    assert round(flops / (64 * 989e12 * 0.4) / 86_400) == 19
    need = 6 * 7e9 * 600_000
    assert round(need / 1e16, 1) == 2.5
    assert round(64 * 989e12 / 1e16, 1) == 6.3
    assert round(need / (64 * 989e12), 2) == 0.40


def test_checkpoint_interval():
    interval = math.sqrt(2 * 60 * 86_400)
    assert round(interval, -2) == 3200
    assert round(interval / 60) == 54
    overhead = lambda t: 60 / t + t / 2 / 86_400  # noqa: E731
    assert overhead(interval) < min(overhead(interval / 2), overhead(interval * 2))
