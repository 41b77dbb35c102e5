"""The numbers of the deck detection-segmentation: overlaps, suppression, AP in three forms, focal loss, PQ."""

import math

import numpy as np
import pytest


def iou(a, b):
    top_left = np.maximum(a[:, None, :2], b[None, :, :2])
    bottom_right = np.minimum(a[:, None, 2:], b[None, :, 2:])
    inter = np.clip(bottom_right - top_left, 0, None).prod(axis=2)
    area_a, area_b = ((x[:, 2:] - x[:, :2]).prod(axis=1) for x in (a, b))
    return inter / (area_a[:, None] + area_b - inter)


def nms(boxes, scores, threshold):
    order, keep = np.argsort(-scores, kind="stable"), []
    while order.size:
        best, order = order[0], order[1:]
        keep.append(int(best))
        order = order[iou(boxes[[best]], boxes[order])[0] <= threshold]
    return keep


def of(a, b):
    return float(iou(np.array([a], float), np.array([b], float))[0, 0])


def test_iou():
    assert math.isclose(of((0, 0, 10, 10), (5, 0, 15, 10)), 1 / 3)
    assert math.isclose(of((0, 0, 10, 10), (2, 0, 12, 10)), 2 / 3)
    assert of((0, 0, 10, 10), (20, 0, 30, 10)) == 0
    assert of((0, 0, 10, 10), (10, 0, 20, 10)) == 0
    assert round(of((0, 0, 10, 10), (1, 1, 11, 11)), 2) == 0.68
    assert round(1 - of((0, 0, 100, 100), (1, 1, 101, 101)), 2) == 0.04


def test_iou_equals_counting_pixels():
    rng = np.random.default_rng(0)
    for _ in range(100):
        corners, sizes = rng.integers(0, 20, (2, 2)), rng.integers(1, 15, (2, 2))
        boxes = np.hstack([corners, corners + sizes])
        masks = np.zeros((2, 40, 40), bool)
        for mask, (x1, y1, x2, y2) in zip(masks, boxes, strict=True):
            mask[y1:y2, x1:x2] = True
        assert math.isclose(of(*boxes), (masks[0] & masks[1]).sum() / (masks[0] | masks[1]).sum())


def test_forgotten_clip():
    def unclipped(a, b):
        w, h = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
        return w * h / (100 + 100 - w * h)

    assert unclipped((0, 0, 10, 10), (12, 12, 22, 22)) > 0
    assert unclipped((0, 0, 10, 10), (12, 0, 22, 10)) < 0


def test_suppression_chain():
    boxes = np.array([[0, 0, 10, 10], [2.5, 0, 12.5, 10], [5, 0, 15, 10]])
    overlaps = iou(boxes, boxes).round(3)
    assert [overlaps[0, 1], overlaps[1, 2], overlaps[0, 2]] == [0.6, 0.6, 0.333]
    assert nms(boxes, np.array([0.9, 0.8, 0.7]), 0.5) == [0, 2]


def test_core_program():
    boxes = np.array([[0, 0, 10, 10], [5, 0, 15, 10], [20, 0, 30, 10], [1, 0, 11, 10]], float)
    assert iou(boxes, boxes)[0].round(2).tolist() == [1, 0.33, 0, 0.82]
    assert nms(boxes, np.array([0.9, 0.8, 0.7, 0.6]), 0.5) == [0, 1, 2]


def envelope(hits, objects):
    hits = np.asarray(hits, float)
    precision, recall = hits.cumsum() / np.arange(1, len(hits) + 1), hits.cumsum() / objects
    return np.maximum.accumulate(precision[::-1])[::-1], recall


def area(hits, objects):
    best, recall = envelope(hits, objects)
    return float((np.diff(np.r_[0, recall]) * best).sum())


def interpolated(hits, objects, points):
    best, recall = envelope(hits, objects)
    return float(np.mean([best[recall >= r - 1e-12].max(initial=0) for r in np.linspace(0, 1, points)]))


def test_average_precision():
    hits = [1, 0, 1, 1, 0]
    assert math.isclose(area(hits, 4), 0.625)
    assert [round(interpolated(hits, 4, n), 3) for n in (11, 101)] == [0.614, 0.629]
    for place in range(6):
        assert area(np.insert(hits, place, 0), 4) <= 0.625
    assert area(hits[:3], 4) < 0.625


def test_giou():
    assert math.isclose(0 - (300 - 200) / 300, -1 / 3)


def test_focal_loss():
    plain = -math.log(0.1)
    assert round(plain, 2) == 2.30
    assert round(0.9**2 * plain, 2) == 1.87
    assert round(0.9**2, 2) == 0.81


def test_candidates():
    assert 9 * sum(math.ceil(800 / s) ** 2 for s in (8, 16, 32, 64, 128)) == 120_087


def test_dice():
    dice = lambda x: 2 * x / (1 + x)  # noqa: E731
    assert dice(1 / 3) == pytest.approx(0.5)
    assert (0.1 + 0.9) / 2 == 0.50
    assert round((dice(0.1) + dice(0.9)) / 2, 2) == 0.56
    assert round(dice(0.48), 2) == 0.65


def test_segmentation_scores():
    assert (0.98 + 0) / 2 == 0.49
    assert math.isclose((0.9 + 0.8 + 0.7) / (3 + 0.5 + 0.5), 0.60)
    assert math.isclose((0.9 + 0.8 + 0.7) / 3 * (2 * 3 / (2 * 3 + 1 + 1)), 0.60)
