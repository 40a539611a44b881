from django.apps import AppConfig


class HealthConfig(AppConfig):
    name = "core.health"
    label = "health"
    verbose_name = "Health"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from core.health import checks, machine, readings, watchdog, watches, wording, worker

        checks.register("database", checks.database, words=wording.DATABASE)
        checks.register("cache", checks.cache, words=wording.CACHE)
        checks.register("broker", checks.broker, words=wording.BROKER)
        checks.register("limits", checks.limits, words=wording.LIMITS)
        for name, check, words in (
            ("email", watches.email, wording.EMAIL),
            ("jobs", watches.jobs, wording.JOBS),
        ):
            checks.register(name, check, words=words, needed=False, timed=False)
        watchdog.connect()
        readings.register("host", machine.host, from_database=False)
        readings.register("database", machine.database)
        readings.register("stores", machine.stores, from_database=False)
        worker.connect()
