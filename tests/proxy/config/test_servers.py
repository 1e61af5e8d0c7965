"""URLs of shared servers: what cannot be read is refused with its line, and no part of a password is ever said."""

import pytest

from proxy.config.load import parse
from proxy.config.report import ConfigError

CONFIG = 'store:\n  redis: "{}"\n  postgres: "{}"\n'
REDIS, POSTGRES = "redis://h/0", "postgresql://u:p@h/d"


@pytest.mark.parametrize(
    ("redis", "postgres", "named"),
    [
        ("http://u:geheim@h/0", POSTGRES, "redis://"),
        ("geheim", POSTGRES, "redis://"),
        (REDIS, "mysql://u:geheim@h/d", "postgresql://"),
        ("redis://u:geheim#x@h:6379/0", POSTGRES, "%23"),
        ("redis://u:12/geheim@h:6379/0", POSTGRES, "%2F"),
        (REDIS, "postgresql://u:geheim?x@h/d", "%3F"),
        (REDIS, "postgresql://u:p@h:geheim/d", "postgres"),
    ],
)
def test_a_url_that_cannot_be_read_is_refused_without_its_password(redis: str, postgres: str, named: str) -> None:
    with pytest.raises(ConfigError) as refused:
        parse(CONFIG.format(redis, postgres), {}, "config.yaml")
    assert refused.value.mistakes[0].line == 1  # of the section; the message names the field
    assert named in str(refused.value)
    assert "geheim" not in str(refused.value)


@pytest.mark.parametrize(
    ("redis", "postgres"),
    [
        (REDIS, POSTGRES),
        ("rediss://:p%23q@[::1]:6380/2", "postgres://u@h1:5432,h2:5433/d?sslmode=require"),
        ("unix:///run/redis.sock?db=1", "postgresql://u:p@/d?host=/run/postgresql"),
    ],
)
def test_urls_of_every_usual_shape_are_taken(redis: str, postgres: str) -> None:
    store = parse(CONFIG.format(redis, postgres), {}, "config.yaml").store
    assert (store.redis.reveal(), store.postgres.reveal()) == (redis, postgres)
    assert "p%23q" not in repr(store)
