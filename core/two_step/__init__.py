"""Two-step sign-in of staff: a password, then a code of an app on their phone; the code again before money moves.

`middleware` guards the back office, `services` knows whose code is right, `views` are its pages. Settings: STAFF_TWO_STEP
("required" or "offered"), STAFF_IDLE_MINUTES, STAFF_STEP_UP_SECONDS, STAFF_STEP_UP_PATHS.
"""
