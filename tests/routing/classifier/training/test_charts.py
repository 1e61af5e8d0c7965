import xml.etree.ElementTree as ET

from routing.classifier.training.charts import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, Series, chart

SVG = "{http://www.w3.org/2000/svg}"


def test_points_stand_where_the_axes_say() -> None:
    drawn = ET.fromstring(
        chart("T", "x", "y", [Series("a", ((0, 0), (5, 1), (10, 2))), Series("b", ((0, 2),), dots=True)])
    )
    line, _ = drawn.findall(f"{SVG}polyline")
    pixels = [tuple(map(float, point.split(","))) for point in line.attrib["points"].split()]
    middle = ((LEFT + WIDTH - RIGHT) / 2, (TOP + HEIGHT - BOTTOM) / 2)
    assert pixels == [(LEFT, HEIGHT - BOTTOM), middle, (WIDTH - RIGHT, TOP)]
    (dot,) = drawn.findall(f"{SVG}circle")
    assert (float(dot.attrib["cx"]), float(dot.attrib["cy"])) == (LEFT, TOP)
    texts = [text.text for text in drawn.findall(f"{SVG}text")]
    assert {"T", "x", "y", "a", "b", "0", "10", "2"} <= set(texts)


def test_names_are_escaped_and_nothing_to_draw_is_a_frame() -> None:
    drawn = ET.fromstring(chart("a < b & c", "x", "y", [Series("<none>", ())]))
    assert "a < b & c" in [text.text for text in drawn.findall(f"{SVG}text")]
    assert ET.fromstring(chart("flat", "x", "y", [Series("a", ((1, 1), (2, 1)))])) is not None
