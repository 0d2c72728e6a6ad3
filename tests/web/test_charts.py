"""Charts: what is drawn, and that the numbers behind it are those of the records."""

import re
from datetime import date, timedelta

import pytest
from ai_horde_stub import AIHordeStub, running_stub
from api_client import MakeClient
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient
from web_client import HTML

from horde_model_reference.service.web.charts.bars import WIDTH, Count, bar_chart
from horde_model_reference.service.web.charts.days import HEIGHT, DayValue, day_chart
from horde_model_reference.service.web.charts.scale import nice_ticks
from horde_model_reference.service.web.labels import baseline_label

TODAY = date(2026, 11, 26)


@given(st.integers(0, 10**12))
def test_a_scale_holds_its_largest_value_in_few_round_steps(most: int) -> None:
    top, ticks = nice_ticks(most, height=100, bottom=110)

    assert top >= most
    assert top <= max(4, 2 * most)
    assert 2 <= len(ticks) <= 6
    assert (ticks[0].value, ticks[0].y) == (0, 110)
    assert (ticks[-1].value, ticks[-1].y) == (top, 10)
    assert all(float(tick.value).is_integer() for tick in ticks)


@given(st.lists(st.integers(0, 10**9), max_size=30), st.integers(1, 15))
def test_bars_show_all_that_was_counted(counts: list[int], most_bars: int) -> None:
    chart = bar_chart(
        [Count(label="x", count=count) for count in counts], total=sum(counts), most_bars=most_bars
    )

    if chart is None:
        assert sum(counts) == 0
    else:
        assert sum(bar.count for bar in chart.bars) == sum(counts)
        assert len(chart.bars) <= most_bars
        assert max(bar.width for bar in chart.bars) == WIDTH


def test_days_that_nobody_recorded_are_left_out() -> None:
    values = [DayValue(day=TODAY - timedelta(days=ago), requests=10, second=1) for ago in (0, 3, 99)]

    chart = day_chart(values, days=7, today=TODAY, second_title="Workers")

    assert chart is not None
    assert [bar.day for bar in chart.bars] == [TODAY, TODAY - timedelta(days=3)]
    assert all(bar.y >= 0 and bar.y + bar.height < HEIGHT for bar in chart.bars)


@given(st.lists(st.integers(0, 200), unique=True, min_size=1), st.sampled_from([1, 7]))
def test_bars_of_weeks_show_all_uses_of_their_days(agos: list[int], bar_days: int) -> None:
    days = [TODAY - timedelta(days=ago) for ago in sorted(agos, reverse=True)]

    chart = day_chart(
        [DayValue(day=day, requests=3, second=1) for day in days],
        days=203,
        today=TODAY,
        second_title="Workers",
        bar_days=bar_days,
    )

    assert chart is not None
    assert chart.total == sum(bar.requests for bar in chart.bars) == 3 * len(days)
    assert len({bar.x for bar in chart.bars}) == len(chart.bars)
    assert all(bar.x + bar.width <= chart.width for bar in chart.bars)


def test_nothing_recorded_is_no_chart() -> None:
    assert day_chart([], days=7, today=TODAY, second_title="Workers") is None


def rows(html: str, heading: str) -> dict[str, int]:
    """Return the table behind a chart."""
    table = html[html.index(f'<th scope="col">{heading}</th>') :]
    cells = re.findall(
        r'<th scope="row">(?:<a [^>]*>)?([^<]*)(?:</a>)?</th><td class="number">([\d,]+)',
        table[: table.index("</table>")],
    )
    return {label: int(count.replace(",", "")) for label, count in cells}


def test_the_table_behind_a_chart_counts_what_the_records_say(client: TestClient) -> None:
    html = client.get("/charts/image_generation", headers=HTML).text
    records = client.get("/api/model_references/v2/image_generation").json().values()

    found = rows(html, "Baseline")

    spelled = [baseline_label(record["baseline"]) for record in records]
    assert found == {baseline: spelled.count(baseline) for baseline in set(spelled)}


def test_a_chart_tells_how_many_records_say_nothing(client: TestClient) -> None:
    records = client.get("/api/model_references/v2/text_generation").json().values()
    silent = sum(not record.get("baseline") for record in records)

    html = client.get("/charts/text_generation", headers=HTML).text

    assert silent
    assert f"{silent} of {len(records)} don't say." in html.replace("&#39;", "'")


def test_the_overview_counts_the_models_of_each_category(client: TestClient) -> None:
    found = rows(client.get("/charts", headers=HTML).text, "Models by category")

    assert found["Image generation"] == len(client.get("/api/model_references/v2/image_generation").json())


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/charts/nothing", 404),
        ("/charts/video_generation", 404),
        ("/charts/esrgan/deletion-risk", 400),
        ("/charts/image_generation/deletion-risk?preset=odd", 400),
        ("/charts/image_generation/deletion-risk?page=0", 422),
        ("/charts/image_generation?span=century", 422),
        ("/charts/image_generation/deletion-risk", 502),
    ],
)
def test_a_chart_that_is_not_to_be_had_says_so(client: TestClient, path: str, status: int) -> None:
    assert client.get(path, headers=HTML).status_code == status


def test_the_deletion_risk_tells_what_speaks_against_each_model(make_client: MakeClient) -> None:
    with running_stub(AIHordeStub()) as stub:
        client = make_client(ai_horde_url=stub.url)

        html = client.get("/charts/image_generation/deletion-risk", headers=HTML).text
        api = client.get("/api/model_references/statistics/image_generation/deletion-risk").json()

    found = dict(
        re.findall(r'<a href="/models/[^"]*">([^<]*)</a>.*?<td class="number">(\d+)</td>', html, re.DOTALL)
    )
    assert "Harbor Light" in found
    assert {name: int(score) for name, score in found.items()} == {
        model["name"]: model["risk_score"] for model in api["models"]
    }


def test_the_deletion_risk_calls_no_model_unused_that_nobody_counted(make_client: MakeClient) -> None:
    counted = {"image": {"month": {"Harbor Light": 0}, "day": {}, "total": {"Harbor Light": 7}}}
    with running_stub(AIHordeStub(usage=counted)) as stub:
        client = make_client(ai_horde_url=stub.url)

        html = client.get("/charts/image_generation/deletion-risk", headers=HTML).text

    found = re.findall(
        r'<a href="/models/[^"]*">([^<]*)</a>.*?(not counted|<td class="number">[\d,]+</td>\s*</tr>)',
        html,
        re.DOTALL,
    )
    told = {name: end == "not counted" for name, end in found}
    assert told.pop("Harbor Light") is False
    assert told
    assert all(told.values())
