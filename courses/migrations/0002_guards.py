"""The database says again: never more places than there are, no state out of order, history only grows."""

from django.db import migrations

from core.database.rights import revoke

# READ COMMITTED gives each statement of the function a snapshot of its own, so that the count after the
# lock sees whatever the last holder of the lock committed.
CAPACITY = """
CREATE FUNCTION courses_takes_places(status text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT status IN ('held', 'paying', 'under_review', 'confirmed')
$$;

CREATE FUNCTION courses_refuse_overbooking() RETURNS trigger LANGUAGE plpgsql AS $$
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

CREATE TRIGGER courses_booking_capacity
    BEFORE INSERT OR UPDATE OF status, places, session_id ON courses_booking
    FOR EACH ROW EXECUTE FUNCTION courses_refuse_overbooking();

CREATE FUNCTION courses_refuse_shrinking() RETURNS trigger LANGUAGE plpgsql AS $$
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

CREATE TRIGGER courses_session_capacity
    BEFORE UPDATE OF capacity ON courses_coursesession
    FOR EACH ROW WHEN (NEW.capacity < OLD.capacity)
    EXECUTE FUNCTION courses_refuse_shrinking();
"""
NO_CAPACITY = """
DROP TRIGGER courses_booking_capacity ON courses_booking;
DROP TRIGGER courses_session_capacity ON courses_coursesession;
DROP FUNCTION courses_refuse_overbooking();
DROP FUNCTION courses_refuse_shrinking();
DROP FUNCTION courses_takes_places(text);
"""

# What courses/models/states.py lists, as pairs; a test compares the two.
STATES = """
CREATE FUNCTION courses_refuse_state_out_of_order() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.status || '>' || NEW.status) NOT IN (
        'held>paying', 'held>confirmed', 'held>expired', 'held>cancelled',
        'paying>held', 'paying>expired', 'paying>under_review', 'paying>confirmed',
        'paying>cancelled',
        'under_review>held', 'under_review>confirmed', 'under_review>cancelled',
        'expired>held', 'expired>under_review', 'expired>confirmed',
        'confirmed>cancelled'
    ) THEN
        RAISE EXCEPTION 'a booking never goes from % to %', OLD.status, NEW.status
            USING ERRCODE = 'check_violation', CONSTRAINT = 'courses_booking_states';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER courses_booking_states
    BEFORE UPDATE OF status ON courses_booking
    FOR EACH ROW WHEN (OLD.status <> NEW.status)
    EXECUTE FUNCTION courses_refuse_state_out_of_order();
"""
NO_STATES = """
DROP TRIGGER courses_booking_states ON courses_booking;
DROP FUNCTION courses_refuse_state_out_of_order();
"""

HISTORY = """
CREATE FUNCTION courses_history_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'TRUNCATE' AND current_setting('app.allow_truncate', true) = 'on' THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION 'the history of a booking is never changed or deleted'
        USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER courses_history_rows_only_grow
    BEFORE UPDATE OR DELETE ON courses_bookingtransition
    FOR EACH ROW EXECUTE FUNCTION courses_history_only_grows();
CREATE TRIGGER courses_history_table_only_grows
    BEFORE TRUNCATE ON courses_bookingtransition
    FOR EACH STATEMENT EXECUTE FUNCTION courses_history_only_grows();
"""
NO_HISTORY = """
DROP TRIGGER courses_history_rows_only_grow ON courses_bookingtransition;
DROP TRIGGER courses_history_table_only_grows ON courses_bookingtransition;
DROP FUNCTION courses_history_only_grows();
"""


class Migration(migrations.Migration):
    dependencies = [("courses", "0001_initial")]

    operations = [
        migrations.RunSQL(CAPACITY, NO_CAPACITY),
        migrations.RunSQL(STATES, NO_STATES),
        migrations.RunSQL(HISTORY, NO_HISTORY),
        revoke("courses_bookingtransition", "UPDATE", "DELETE", "TRUNCATE"),
    ]
