"""What templates may do in their sandbox: lists of their own, JSON of anything a filter makes."""

from datetime import datetime

import pytest

from providers.engine.template import TemplateError
from providers.engine.template.sandbox import Program


def test_a_template_may_keep_a_queue() -> None:
    source = (
        "{% set queue = namespace(ids=[]) %}{% for id in given %}{% set _ = queue.ids.append(id) %}{% endfor %}"
        "{{ queue.ids.pop(0) }}{{ queue.ids | tojson }}"
    )
    assert Program(source, datetime.now).run({"given": ["a", "b"]}) == 'a["b"]'


def test_a_list_that_it_changes_is_its_own() -> None:
    given = {"messages": [{"calls": [1, 2]}]}
    program = Program("{{ messages[0].calls.pop() }}{{ messages.append(3) }}{{ messages | length }}", datetime.now)
    assert [program.run(given), program.run(given)] == ["2None2"] * 2
    assert given == {"messages": [{"calls": [1, 2]}]}


def test_what_a_filter_makes_is_json() -> None:
    program = Program("{{ tools | map(attribute='x') | tojson }}", datetime.now)
    assert program.run({"tools": [{"x": {"a": 1}}, {"x": None}]}) == '[{"a": 1}, null]'
    with pytest.raises(TemplateError):
        Program("{{ (raise_exception) | tojson }}", datetime.now).run({})
