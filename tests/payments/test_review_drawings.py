"""The geometry of the review desk: bands where the settings put them, everything inside its frame."""

import re

import pytest

from payments.admin.reviews import drawings, panels
from payments.admin.reviews.drawings import Branch, Point

LEEDS = Point(53.8, -1.55, "Course: Leeds", "ok")


class TestGauge:
    @pytest.mark.parametrize("score", [0, 1, 39, 40, 72, 80, 81, 100])
    @pytest.mark.parametrize("limits", [(40, 80), (0, 100), (60, 60), (-1, 101), (80, 40)])
    def test_draws_any_score_with_any_limits(self, score, limits):
        drawn = drawings.gauge(score, review_from=limits[0], block_above=limits[1])

        assert len(drawn.filled) <= len(drawn.tracks) <= 3
        assert all(0 < int(label.words) < 100 for label in drawn.labels)

    def test_names_the_limits_in_force(self):
        drawn = drawings.gauge(72, review_from=35, block_above=90)

        assert [label.words for label in drawn.labels] == ["35", "90"]
        assert [arc.band for arc in drawn.filled] == ["low", "mid"]


class TestLinkMap:
    def test_keeps_every_node_inside(self):
        leaves = [(f"RFT-{number}", "declined", True) for number in range(9)]
        branches = [Branch("Same device", "9 others", leaves)] * 5
        cards = [(f"Card ending {number}", "", False) for number in range(9)]

        drawn = drawings.link_map("RFT-7KQ9TC", branches, cards)

        assert all(node.y >= 0 and node.y + node.height <= drawn.height for node in drawn.nodes)
        assert all(node.x >= 0 and node.x + node.width <= 720 for node in drawn.nodes)
        assert len(drawn.nodes) == 1 + 3 * (1 + 2) + 3

    def test_stands_alone_with_its_card(self):
        drawn = drawings.link_map("RFT-7KQ9TC", [], [("Card ending 4242", "this payment", False)])

        assert [node.title for node in drawn.nodes] == ["This booking", "Card ending 4242"]


class TestDotMap:
    @pytest.mark.parametrize(
        ("latitude", "longitude"),
        [(56.0, -106.0), (-25.0, 134.0), (-41.0, 174.0), (64.0, -150.0), (52.1, 5.3)],
    )
    def test_shows_every_place_in_its_frame(self, latitude, longitude):
        drawn = drawings.dot_map(
            [Point(latitude, longitude, "Card: somewhere far away", "bad"), LEEDS]
        )

        for pin in drawn.pins:
            assert 0 <= float(pin.x) <= 582
            assert 0 <= float(pin.y) <= 222
        assert re.match(r"scale\([\d.]+\) translate\(-?[\d.]+ -?[\d.]+\)", drawn.frame)

    def test_keeps_words_inside(self):
        drawn = drawings.dot_map([Point(-41.0, 174.0, "Card: New Zealand", "bad"), LEEDS])

        assert drawn.pins[0].anchor == "end"

    def test_home_alone_needs_no_way(self):
        assert drawings.dot_map([LEEDS]).arcs == []


class TestEvidence:
    @pytest.mark.parametrize(
        ("signal", "elsewhere"),
        [
            ("email_tries_1h", True),
            ("card_testing", True),
            ("card_email_24h", True),
            ("device_cards_30d", True),
            ("address_frauds", True),
            ("countries_apart", False),
            ("card_funding", False),
            ("odd_card", False),
            ("radar", False),
        ],
    )
    def test_of_other_payments_leads_to_them(self, signal, elsewhere):
        assert panels.is_of_others(signal) is elsewhere
