"""The measuring stick on small histories: causal, plain in, plain out."""

import csv
import gzip
import io
import json
import random

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from fraud import scoring
from fraud.backtest import events, protocol, replay, tables
from fraud.risk_signals import FACTORS
from fraud.scoring import Thresholds
from tests.performance import history as shops

DAY = 86_400
THRESHOLDS = Thresholds(25, 40, 80)


def written(tmp_path, rows: list[dict], name="events.csv.gz"):
    path = tmp_path / name
    packed = name.endswith("gz")
    with gzip.open(path, "wt", newline="") if packed else path.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def shop(count: int = 3000, *, seed: int = 7, stolen: float = 0.05) -> list[dict]:
    """Cards that are stolen stay stolen and buy more than their owners did."""
    draw = random.Random(seed)
    bad = {card for card in range(150) if draw.random() < stolen}
    rows = []
    for number in range(count):
        card = draw.randrange(150)
        fraud = card in bad and draw.random() < 0.7
        amount = draw.randrange(900, 3000) * (6 if fraud else 1)
        rows.append(
            {
                "at": number * 1200, "amount_minor": amount, "card": f"c{card}", "label": int(fraud),
                "label_at": number * 1200 + 2 * DAY,
            }
        )  # fmt: skip
    return rows


def read(path):
    return events.read(path, label_delay_days=7)


class TestRead:
    def test_takes_iso_and_seconds_gzip_and_plain(self, tmp_path):
        rows = [
            {"at": "2026-01-01T00:00:10Z", "amount_minor": "12.0"},
            {"at": "2026-01-01 00:00:05", "amount_minor": "5"},
        ]
        history = read(written(tmp_path, rows, "events.csv"))

        assert history.at == [1767225605.0, 1767225610.0]
        assert history.amount_minor == [5, 12]

    @pytest.mark.parametrize(
        ("rows", "words"),
        [
            ([{"at": "1"}], "no column amount_minor"),
            ([{"at": "yesterday", "amount_minor": "1"}], "Line 2"),
            ([{"at": "1", "amount_minor": "much"}], "Line 2"),
        ],
    )
    def test_refuses_nonsense_with_a_sentence(self, tmp_path, rows, words):
        with pytest.raises(events.BadHistory, match=words):
            read(written(tmp_path, rows))

    def test_takes_hashes_and_numbers_as_keys(self, tmp_path):
        rows = [
            {"at": 1, "amount_minor": 1, "email": "9f86d081884c7d65", "address": "17", "card": "3.0", "device": "nan"},
            {"at": 2, "amount_minor": 1, "email": "Ann+x@Gmail.com", "address": "198.51.100.7", "card": "", "device": ""},
        ]  # fmt: skip
        history = read(written(tmp_path, rows))
        first, second = (events.keys_of(history.subject(row)) for row in (0, 1))

        assert (first["email"], first["address"], first["card"]) == (
            "9f86d081884c7d65",
            "17",
            "3.0",
        )
        assert not {"domain", "network", "device"} & set(first)
        assert (second["email"], second["domain"]) == ("ann@gmail.com", "gmail.com")
        assert second["network"] == "198.51.100.0/24"
        assert "card" not in second

    def test_a_missing_label_is_not_a_good_payment(self, tmp_path):
        rows = [
            {"at": 1, "amount_minor": 1, "label": ""},
            {"at": 2, "amount_minor": 1, "label": "0"},
        ]

        assert read(written(tmp_path, rows)).label == [None, 0]


class TestCausality:
    def test_a_label_is_known_only_after_its_own_moment(self, tmp_path):
        rows = [
            {
                "at": at,
                "amount_minor": 100,
                "card": "c",
                "label": int(at == 0),
                "label_at": label_at,
            }
            for at, label_at in ((0, 500), (400, 9999), (500, 9999), (501, 9999))
        ]
        seen = [values["card_frauds"] for values in replay.values_of(read(written(tmp_path, rows)))]

        assert seen == [None, None, None, 1]

    def test_the_future_changes_nothing(self, tmp_path):
        rows = shop(600)
        whole = list(replay.values_of(read(written(tmp_path, rows))))
        part = list(replay.values_of(read(written(tmp_path, rows[:400], "part.csv"))))

        assert whole[:400] == part

    def test_the_present_payment_is_left_out(self, tmp_path):
        rows = [{"at": n * 60, "amount_minor": 100, "card": "c"} for n in range(3)]
        seen = [
            values["card_tries_1h"] for values in replay.values_of(read(written(tmp_path, rows)))
        ]

        assert seen == [0, 1, 2]

    def test_learns_nothing_that_was_labelled_after_judging_began(self, tmp_path):
        rows = shop()
        for row in rows:
            row["label_at"] = 10**9
        plan = protocol.Plan(train_until=30 * DAY)

        with pytest.raises(ValueError, match="Fewer than"):
            protocol.run(read(written(tmp_path, rows)), plan, THRESHOLDS)


class TestTables:
    def test_two_processes_make_the_table_of_one(self, tmp_path):
        path = tmp_path / "history.csv"
        shops.write(path, rows=2500, people=60, days=40, label_days=3, seed=5)
        history = read(path)

        one, two = (tables.replayed(history, processes=number) for number in (1, 2))

        assert (two.rows, two.words, list(two.columns)) == (one.rows, one.words, list(one.columns))
        assert len(one.columns) > 150
        for name, column in one.columns.items():
            assert np.array_equal(column, two.columns[name], equal_nan=True), name

    def test_no_factor_of_the_half_apart_looks_at_a_key_of_the_other(self, tmp_path):
        """Each factor's column comes out the same when only its own half's profiles are kept."""
        path = tmp_path / "history.csv"
        shops.write(path, rows=600, people=40, days=9, label_days=2, seed=6)
        history = read(path)
        whole = list(replay.values_of(history))

        for kinds in (history.kinds() & tables.APART, history.kinds() - tables.APART):
            names = [
                name
                for name, factor in replay.factors_for(history).items()
                if (factor.of in tables.APART) == (kinds <= tables.APART)
            ]
            halved = replay.values_of(history, kinds=kinds)
            for seen, half in zip(whole, halved, strict=True):
                assert [seen[name] for name in names] == [half[name] for name in names]

    def test_some_rows_see_all_that_came_before_them(self, tmp_path):
        history = read(written(tmp_path, shop(500)))
        rows = np.array([0, 7, 120, 499])

        whole, some = tables.replayed(history), tables.replayed(history, rows)

        assert some.rows == len(rows)
        for name, column in some.columns.items():
            assert np.array_equal(column, whole.columns[name][rows], equal_nan=True), name

    def test_leaves_out_what_no_column_can_tell(self, tmp_path):
        history = read(written(tmp_path, shop(300)))

        names = set(tables.replayed(history).columns)

        assert "card_tries_24h" in names
        assert not [name for name in names if name.startswith(("email_", "device_", "address_"))]
        assert not [name for name in names if "_booking_" in name or "_email_" in name]

    def test_counts_bookings_where_a_column_tells_them(self, tmp_path):
        rows = [each | {"booking": f"b{number // 2}"} for number, each in enumerate(shop(300))]

        found = tables.replayed(read(written(tmp_path, rows))).columns

        assert found["card_booking_30d"].max() > 1


class TestRun:
    @pytest.fixture
    def result(self, tmp_path):
        history = read(written(tmp_path, shop(6000)))
        return protocol.run(
            history, protocol.Plan(train_until=50 * DAY, test_from=55 * DAY), THRESHOLDS
        )

    def test_finds_the_fraud_of_later_days(self, result):
        assert result.figures["average_precision"] > 0.8
        assert result.figures["auc_roc"] > 0.95
        assert result.figures["rows"] == sum(row["at"] >= 55 * DAY for row in shop(6000))

    def test_points_are_monotone_where_a_factor_is_adverse(self, result):
        for name, points in result.weights.factors.items():
            steps = [each for _start, each in points.steps]
            adverse = FACTORS[name].adverse
            if adverse == "more":
                assert steps == sorted(steps), name
            if adverse == "less":
                assert steps == sorted(steps, reverse=True), name

    def test_gives_the_same_figures_again(self, result, tmp_path):
        plan = protocol.Plan(train_until=50 * DAY, test_from=55 * DAY)
        again = protocol.run(read(written(tmp_path, shop(6000))), plan, THRESHOLDS)

        assert again.weights == result.weights

    def test_leaves_out_cards_that_are_known_to_be_stolen(self, tmp_path):
        history = read(written(tmp_path, shop(6000)))
        plan = protocol.Plan(train_until=50 * DAY, test_from=55 * DAY, drop_known=True)

        figures = protocol.run(history, plan, THRESHOLDS).figures

        assert figures["rows"] < sum(row["at"] >= 55 * DAY for row in shop(6000))
        assert figures["frauds"] < 20


class TestCommand:
    def test_says_all_figures_as_json_and_keeps_the_points(self, tmp_path):
        out, path = io.StringIO(), written(tmp_path, shop())
        kept = tmp_path / "weights.json"

        call_command(
            "backtest",
            events=path,
            train_until=str(30 * DAY),
            json=True,
            save_weights=kept,
            stdout=out,
        )

        figures = json.loads(out.getvalue())
        assert {
            "auc_roc", "average_precision", "card_precision_at_100", "precision_at_1pct",
            "recall_at_1pct", "lift_at_20pct", "blocked_share", "blocked_precision",
            "reviewed_share", "rows", "frauds",
        } <= set(figures)  # fmt: skip
        assert scoring.from_json(json.loads(kept.read_text())).version == "learned"

    def test_judges_by_kept_points_as_it_did_by_learned_ones(self, tmp_path):
        path, kept = written(tmp_path, shop()), tmp_path / "weights.json"
        outs = [io.StringIO(), io.StringIO()]
        common = {"events": path, "json": True, "test_from": str(35 * DAY)}

        call_command(
            "backtest", **common, train_until=str(30 * DAY), save_weights=kept, stdout=outs[0]
        )
        call_command("backtest", **common, weights=kept, stdout=outs[1])

        one, other = (json.loads(out.getvalue()) for out in outs)
        assert one["average_precision"] == other["average_precision"]
        assert one["auc_roc"] == other["auc_roc"]

    def test_shows_a_table(self, tmp_path):
        out = io.StringIO()
        call_command("backtest", events=written(tmp_path, shop(500)), stdout=out)

        assert "average_precision" in out.getvalue()

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"train_until": "soon"}, "neither a number nor a date"),
            ({"train_until": "10"}, "Fewer than 20"),
            ({"test_from": str(10**9)}, "No labelled payment"),
        ],
    )
    def test_refuses_with_a_sentence(self, tmp_path, changes, words):
        with pytest.raises(CommandError, match=words):
            call_command("backtest", events=written(tmp_path, shop(300)), **changes)

    def test_refuses_a_file_that_is_no_weight_set(self, tmp_path):
        bad = tmp_path / "weights.json"
        bad.write_text('{"base": 1}')

        with pytest.raises(CommandError, match="no weight set"):
            call_command("backtest", events=written(tmp_path, shop(50)), weights=bad)
