#!/usr/bin/env python
"""The command line. Commands that change the schema run as the database's owner, all others as the application."""

import os
import sys

SCHEMA_COMMANDS = {"migrate", "flush", "dbshell", "lintmigrations", "advise_indexes"}


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")
    if len(sys.argv) > 1 and sys.argv[1] in SCHEMA_COMMANDS:
        os.environ.setdefault("DB_ROLE", "owner")
    # Who sits at a terminal may wait as long as it takes; the limits of the role are made for pages.
    os.environ.setdefault("DB_STATEMENT_SECONDS", "0")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
