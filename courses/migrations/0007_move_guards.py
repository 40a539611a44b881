"""Places of open moves count on the date that they go to; no move out of order; its history only grows."""

from django.db import migrations

from core.database.rights import revoke

# One count for the triggers and for the code. The places of the row that asks are its own matter: it is left out.
TAKEN = """
CREATE FUNCTION courses_places_taken(session uuid, besides uuid DEFAULT NULL) RETURNS integer LANGUAGE sql STABLE AS $$
    SELECT (
        coalesce((
            SELECT sum(places) FROM courses_booking
            WHERE session_id = session AND id IS DISTINCT FROM besides
                AND status IN ('held', 'paying', 'under_review', 'confirmed')
        ), 0) + coalesce((
            SELECT sum(places) FROM courses_move
            WHERE to_session_id = session AND id IS DISTINCT FROM besides
                AND status IN ('open', 'paying', 'under_review')
        ), 0)
    )::integer
$$;
"""
NO_TAKEN = "DROP FUNCTION courses_places_taken(uuid, uuid);"

REFUSE = """
CREATE FUNCTION courses_refuse_more_than_fit(session uuid, besides uuid, wanted integer) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    room integer;
    taken integer;
BEGIN
    SELECT capacity INTO room FROM courses_coursesession WHERE id = session FOR NO KEY UPDATE;
    SELECT courses_places_taken(session, besides) INTO taken;
    IF taken + wanted > room THEN
        RAISE EXCEPTION '% of % places are taken, % more do not fit', taken, room, wanted
            USING ERRCODE = 'check_violation', CONSTRAINT = 'courses_booking_capacity';
    END IF;
END $$;

CREATE OR REPLACE FUNCTION courses_refuse_overbooking() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT courses_takes_places(NEW.status) THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'UPDATE'
        AND courses_takes_places(OLD.status)
        AND OLD.session_id = NEW.session_id
        AND OLD.places >= NEW.places THEN
        RETURN NEW;
    END IF;
    PERFORM courses_refuse_more_than_fit(NEW.session_id, NEW.id, NEW.places);
    RETURN NEW;
END $$;

CREATE FUNCTION courses_refuse_moving_in() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.status NOT IN ('open', 'paying', 'under_review') THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'UPDATE'
        AND OLD.status IN ('open', 'paying', 'under_review')
        AND OLD.to_session_id = NEW.to_session_id
        AND OLD.places >= NEW.places THEN
        RETURN NEW;
    END IF;
    PERFORM courses_refuse_more_than_fit(NEW.to_session_id, NEW.id, NEW.places);
    RETURN NEW;
END $$;

CREATE TRIGGER courses_move_capacity
    BEFORE INSERT OR UPDATE OF status, places, to_session_id ON courses_move
    FOR EACH ROW EXECUTE FUNCTION courses_refuse_moving_in();

CREATE OR REPLACE FUNCTION courses_refuse_shrinking() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    taken integer;
BEGIN
    SELECT courses_places_taken(NEW.id) INTO taken;
    IF taken > NEW.capacity THEN
        RAISE EXCEPTION '% places are taken, % would be too few', taken, NEW.capacity
            USING ERRCODE = 'check_violation', CONSTRAINT = 'courses_session_capacity';
    END IF;
    RETURN NEW;
END $$;
"""
# As migration 0002 had them: without moves.
REFUSE_AS_BEFORE = """
DROP TRIGGER courses_move_capacity ON courses_move;
DROP FUNCTION courses_refuse_moving_in();

CREATE OR REPLACE FUNCTION courses_refuse_overbooking() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    room integer;
    taken integer;
BEGIN
    IF NOT courses_takes_places(NEW.status) THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'UPDATE'
        AND courses_takes_places(OLD.status)
        AND OLD.session_id = NEW.session_id
        AND OLD.places >= NEW.places THEN
        RETURN NEW;
    END IF;
    SELECT capacity INTO room FROM courses_coursesession
        WHERE id = NEW.session_id FOR NO KEY UPDATE;
    SELECT coalesce(sum(places), 0) INTO taken FROM courses_booking
        WHERE session_id = NEW.session_id
            AND id <> NEW.id
            AND status IN ('held', 'paying', 'under_review', 'confirmed');
    IF taken + NEW.places > room THEN
        RAISE EXCEPTION '% of % places are taken, % more do not fit', taken, room, NEW.places
            USING ERRCODE = 'check_violation', CONSTRAINT = 'courses_booking_capacity';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION courses_refuse_shrinking() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    taken integer;
BEGIN
    SELECT coalesce(sum(places), 0) INTO taken FROM courses_booking
        WHERE session_id = NEW.id
            AND status IN ('held', 'paying', 'under_review', 'confirmed');
    IF taken > NEW.capacity THEN
        RAISE EXCEPTION '% places are taken, % would be too few', taken, NEW.capacity
            USING ERRCODE = 'check_violation', CONSTRAINT = 'courses_session_capacity';
    END IF;
    RETURN NEW;
END $$;

DROP FUNCTION courses_refuse_more_than_fit(uuid, uuid, integer);
"""

# What MOVE in courses/models/states.py lists, as pairs; a test compares the two.
STATES = """
CREATE FUNCTION courses_refuse_move_out_of_order() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.status || '>' || NEW.status) NOT IN (
        'open>done', 'open>paying', 'open>expired', 'open>cancelled',
        'paying>open', 'paying>done', 'paying>under_review', 'paying>expired',
        'under_review>done', 'under_review>cancelled'
    ) THEN
        RAISE EXCEPTION 'a move never goes from % to %', OLD.status, NEW.status
            USING ERRCODE = 'check_violation', CONSTRAINT = 'courses_move_states';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER courses_move_states
    BEFORE UPDATE OF status ON courses_move
    FOR EACH ROW WHEN (OLD.status <> NEW.status)
    EXECUTE FUNCTION courses_refuse_move_out_of_order();

CREATE TRIGGER courses_move_history_rows_only_grow
    BEFORE UPDATE OR DELETE ON courses_movetransition
    FOR EACH ROW EXECUTE FUNCTION courses_history_only_grows();
CREATE TRIGGER courses_move_history_table_only_grows
    BEFORE TRUNCATE ON courses_movetransition
    FOR EACH STATEMENT EXECUTE FUNCTION courses_history_only_grows();
"""
NO_STATES = """
DROP TRIGGER courses_move_history_rows_only_grow ON courses_movetransition;
DROP TRIGGER courses_move_history_table_only_grows ON courses_movetransition;
DROP TRIGGER courses_move_states ON courses_move;
DROP FUNCTION courses_refuse_move_out_of_order();
"""


class Migration(migrations.Migration):
    dependencies = [("courses", "0006_moves")]

    operations = [
        migrations.RunSQL(TAKEN, NO_TAKEN),
        migrations.RunSQL(REFUSE, REFUSE_AS_BEFORE),
        migrations.RunSQL(STATES, NO_STATES),
        revoke("courses_movetransition", "UPDATE", "DELETE", "TRUNCATE"),
    ]
