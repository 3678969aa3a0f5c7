"""Groups of colors come out the same every time."""

import numpy as np

from tasks.perception.clusters import FLOOR, Mixture, k_means, subsample

DICE = np.random.default_rng(7)
RED, BLUE = np.array([130.0, 190.0, 170.0]), np.array([90.0, 140.0, 60.0])
SAMPLES = np.vstack([DICE.normal(RED, 4, (600, 3)), DICE.normal(BLUE, 4, (200, 3))]).astype(np.float32)


def test_two_colours_make_two_groups_with_their_shares() -> None:
    centers, labels = k_means(SAMPLES, 2)
    shares = np.bincount(labels) / len(labels)
    red, blue = (int(np.linalg.norm(centers - color, axis=1).argmin()) for color in (RED, BLUE))
    assert np.linalg.norm(centers[red] - RED) < 1.5
    assert np.linalg.norm(centers[blue] - BLUE) < 1.5
    assert shares[red] == 0.75


def test_the_same_samples_give_the_same_groups() -> None:
    first, second = k_means(SAMPLES, 5), k_means(SAMPLES.copy(), 5)
    assert np.array_equal(first[0], second[0])
    assert np.array_equal(first[1], second[1])


def test_one_colour_makes_one_group_however_many_are_asked_for() -> None:
    centers, labels = k_means(np.full((50, 3), 9, np.float32), 4)
    assert len(centers) == 1
    assert set(labels) == {0}


def test_a_mixture_knows_its_own_colours_and_no_others() -> None:
    mixture = Mixture(SAMPLES, 2)
    picture = np.array([[RED, BLUE, [20.0, 128.0, 128.0]]], np.float32)
    red, blue, other = mixture.log_likelihood(picture)[0]
    assert red > -8 and blue > -8
    assert other == FLOOR


def test_thinning_keeps_the_first_and_the_last() -> None:
    rows = np.arange(30000, dtype=np.float32).reshape(10000, 3)
    kept = subsample(rows, 100)
    assert len(kept) == 100
    assert np.array_equal(kept[[0, -1]], rows[[0, -1]])
