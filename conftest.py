"""What the tests of several layers share."""

from hypothesis import HealthCheck, settings

pytest_plugins = ("postgres_server",)


def pytest_configure() -> None:
    """Let no test fail for the time that an example takes: machines are noisy."""
    untimed = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.register_profile("untimed", untimed)
    settings.load_profile("untimed")
