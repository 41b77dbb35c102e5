"""The numbers of the deck generative-multimodal: KL, schedules, guidance, contrastive losses, FID and tokens."""

import math

import numpy as np


def test_gaussian_kl():
    mu, sigma = 1.0, 0.5
    closed = 0.5 * (mu**2 + sigma**2 - 1 - math.log(sigma**2))
    assert round(closed, 2) == 0.82
    assert round(-math.log(sigma**2), 3) == 1.386
    x = np.linspace(-6, 8, 200_001)
    log_q = -0.5 * ((x - mu) / sigma) ** 2 - math.log(sigma * math.sqrt(2 * math.pi))
    log_p = -0.5 * x**2 - math.log(math.sqrt(2 * math.pi))
    integral = float((np.exp(log_q) * (log_q - log_p)).sum() * (x[1] - x[0]))
    assert abs(integral - closed) < 1e-6


def test_optimal_discriminator():
    assert math.isclose(0.3 / (0.3 + 0.1), 0.75)
    d = np.linspace(0.01, 0.99, 9801)
    assert abs(d[np.argmax(0.3 * np.log(d) + 0.1 * np.log(1 - d))] - 0.75) < 1e-3


def test_noise_schedule():
    beta = np.linspace(1e-4, 0.02, 1000)
    signal = np.cumprod(1 - beta)
    assert round(float(signal[499]), 3) == 0.079
    assert int(np.argmin(np.abs(signal - 0.5))) + 1 == 259
    mean, variance = 2.0, 0.0
    for b in beta[:100]:
        mean, variance = math.sqrt(1 - b) * mean, (1 - b) * variance + b
    assert math.isclose(mean, 2 * math.sqrt(signal[99]))
    assert math.isclose(variance, 1 - signal[99])


def test_latent_size_and_tokens():
    assert 512 * 512 * 3 / (64 * 64 * 4) == 48
    assert (336 // 14) ** 2 == 576


def test_guidance():
    assert math.isclose(0.2 + 7.5 * (0.5 - 0.2), 2.45)
    assert math.isclose(0.2 + 1 * (0.5 - 0.2), 0.5)
    w = 7.5
    assert math.isclose((1 + (w - 1)) * 0.5 - (w - 1) * 0.2, 2.45)


def clip_loss(similarities, temperature):
    z = np.asarray(similarities) / temperature
    rows = np.log(np.exp(z).sum(1)) - np.diag(z)
    columns = np.log(np.exp(z).sum(0)) - np.diag(z)
    return float((rows.mean() + columns.mean()) / 2)


def test_clip_loss():
    s = [[0.8, 0.3], [0.2, 0.7]]
    assert round(clip_loss(s, 0.1), 4) == 0.0085
    assert round(clip_loss(s, 1), 3) == 0.475
    assert math.isclose(clip_loss(np.zeros((7, 7)), 1), math.log(7))
    assert round(math.log(32_768), 1) == 10.4


def test_fid_in_one_dimension():
    assert (0 - 0.5) ** 2 + (1 - 1.5) ** 2 == 0.5
