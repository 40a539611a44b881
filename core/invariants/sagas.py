"""INV-33 and 34: every journey ends well, undone in reverse, or with a person; one driver at a time wrote its log."""

from core.invariants.invariant import Check, Invariant

# The steps of each saga in order, and which of them leave something to undo.
STEPS = """
    (VALUES
        ('payment', 1, 'assess', false), ('payment', 2, 'authorise', true), ('payment', 3, 'assess_again', false),
        ('payment', 4, 'capture', true), ('payment', 5, 'confirm', false),
        ('refund', 1, 'send', false), ('refund', 2, 'settle', false)
    ) AS steps (saga, place, step, undoable)
"""
PAYMENT_OPEN = """('created', 'in_flight', 'requires_action', 'processing', 'authorised', 'capturing', 'unknown')"""

END_STATES = Invariant(
    "INV-33",
    "A saga is completed, undone or with a person; its steps are a beginning of its list, undone in reverse",
    (
        Check(
            "a step was done before the one that comes before it",
            f"""
            SELECT r.id AS saga, r.name, l.step, before.step AS missing FROM sagas_sagasteplog l
            JOIN sagas_sagarun r ON r.id = l.run_id
            JOIN {STEPS} ON steps.saga = r.name AND steps.step = l.step
            JOIN {STEPS.replace("steps", "before")} ON before.saga = r.name AND before.place < steps.place
            WHERE l.direction = 'do' AND l.outcome IN ('went', 'ended', 'turned') AND NOT EXISTS (
                SELECT FROM sagas_sagasteplog earlier WHERE earlier.run_id = r.id AND earlier.step = before.step
                    AND earlier.direction = 'do' AND earlier.outcome = 'went' AND earlier.epoch < l.epoch
            )
            """,  # noqa: S608 - this module's own words
        ),
        Check(
            "a step that the saga does not have is in its log",
            f"""
            SELECT r.id AS saga, r.name, l.step FROM sagas_sagasteplog l JOIN sagas_sagarun r ON r.id = l.run_id
            WHERE r.name IN ('payment', 'refund') AND (r.name, l.step) NOT IN (SELECT saga, step FROM {STEPS})
            """,  # noqa: S608
        ),
        Check(
            "steps were undone in another order than the reverse",
            f"""
            SELECT * FROM (
                SELECT r.id AS saga, l.step, steps.place, lag(steps.place) OVER (PARTITION BY r.id ORDER BY l.epoch) AS was
                FROM sagas_sagasteplog l JOIN sagas_sagarun r ON r.id = l.run_id
                JOIN {STEPS} ON steps.saga = r.name AND steps.step = l.step
                WHERE l.direction = 'undo' AND l.outcome = 'undone'
            ) AS undone WHERE place >= was
            """,  # noqa: S608
        ),
        Check(
            "a saga is called undone and a step of it was not",
            f"""
            SELECT r.id AS saga, l.step FROM sagas_sagarun r JOIN sagas_sagasteplog l ON l.run_id = r.id
            JOIN {STEPS} ON steps.saga = r.name AND steps.step = l.step AND steps.undoable
            WHERE r.state = 'compensated' AND l.direction = 'do' AND l.outcome IN ('went', 'assumed') AND NOT EXISTS (
                SELECT FROM sagas_sagasteplog u WHERE u.run_id = r.id AND u.step = l.step
                    AND u.direction = 'undo' AND u.outcome = 'undone' AND u.epoch > l.epoch
            )
            """,  # noqa: S608
        ),
        Check(
            "money that was taken was undone by something else than a full refund",
            """
            SELECT r.id AS saga, p.id AS payment, p.captured_minor FROM sagas_sagarun r
            JOIN sagas_sagasteplog l ON l.run_id = r.id AND l.step = 'capture' AND l.outcome = 'undone'
            JOIN payments_payment p ON p.id = r.subject_id
            WHERE r.name = 'payment' AND p.status = 'succeeded' AND coalesce((
                SELECT sum(amount_minor) FROM payments_refund WHERE payment_id = p.id AND status <> 'rejected'
            ), 0) < p.captured_minor
            """,
        ),
        Check(
            "a saga has ended and its payment or refund has not",
            f"""
            SELECT r.id AS saga, r.state, p.id AS subject, p.status FROM sagas_sagarun r
            JOIN payments_payment p ON p.id = r.subject_id
            WHERE r.name = 'payment' AND r.state IN ('completed', 'compensated') AND p.status IN {PAYMENT_OPEN}
            UNION ALL SELECT r.id, r.state, f.id, f.status FROM sagas_sagarun r
            JOIN payments_refund f ON f.id = r.subject_id
            WHERE r.name = 'refund' AND r.state IN ('completed', 'compensated')
                AND f.status IN ('approved', 'in_flight', 'pending', 'unknown')
            """,  # noqa: S608
        ),
    ),
)

SINGLE_OWNER = Invariant(
    "INV-34",
    "Results of a saga were written one after the other, and each step has one",
    (
        Check(
            "two entries of a log have the same epoch",
            """
            SELECT run_id AS saga, epoch, array_agg(step) AS steps FROM sagas_sagasteplog
            GROUP BY run_id, epoch HAVING count(*) > 1
            """,
        ),
        Check(
            "a step has two results",
            """
            SELECT run_id AS saga, step, direction, array_agg(outcome) AS results FROM sagas_sagasteplog
            WHERE outcome IN ('went', 'ended', 'turned', 'undone', 'assumed')
            GROUP BY run_id, step, direction HAVING count(*) > 1
            """,
        ),
        Check(
            "a log has an entry of an epoch that its saga has not reached",
            """
            SELECT r.id AS saga, r.epoch, max(l.epoch) AS logged FROM sagas_sagarun r
            JOIN sagas_sagasteplog l ON l.run_id = r.id GROUP BY r.id HAVING max(l.epoch) > r.epoch
            """,
        ),
    ),
)

INVARIANTS = (END_STATES, SINGLE_OWNER)
