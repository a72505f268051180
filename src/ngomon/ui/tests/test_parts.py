"""The partials: forms with their errors, paging, islands with their data."""

import json
import re

import pytest
from django import forms
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import translation


@pytest.fixture(autouse=True)
def _vietnamese():
    with translation.override("vi"):
        yield


class ReportForm(forms.Form):
    words = forms.CharField(label="Nội dung", widget=forms.Textarea)
    phone = forms.CharField(label="Điện thoại", required=False, help_text="10 chữ số")
    rating = forms.ChoiceField(
        label="Đánh giá", choices=[("a", "Hài lòng"), ("b", "Chấp nhận")], widget=forms.RadioSelect
    )


def render(source: str, **values: object) -> str:
    return Template("{% load ui %}" + source).render(Context(values))


def test_a_field_in_error_names_its_error_to_screen_readers():
    form = ReportForm({})
    shown = render("{% field form.words %}", form=form)
    assert 'for="id_words"' in shown
    assert 'aria-describedby="id_words-error"' in shown
    assert 'aria-invalid="true"' in shown
    assert 'id="id_words-error"' in shown


def test_an_optional_field_says_so_and_bears_its_hint():
    shown = render("{% field form.phone %}", form=ReportForm())
    assert "(không bắt buộc)" in shown
    assert 'id="id_phone-hint">10 chữ số' in shown
    assert 'aria-describedby="id_phone-hint"' in shown


def test_choices_stand_in_a_fieldset_under_their_legend():
    shown = render("{% field form.rating %}", form=ReportForm())
    assert "<fieldset" in shown
    assert "Đánh giá" in re.search(r"<legend[^>]*>(.*?)</legend>", shown, re.S).group(1)
    assert shown.count('type="radio"') == 2


def test_the_error_summary_links_to_each_field_and_is_empty_while_all_is_well():
    assert 'href="#id_words"' in render("{% error_summary form %}", form=ReportForm({}))
    assert render("{% error_summary form %}", form=ReportForm()).strip() == ""


def test_inline_data_cannot_break_out_of_its_script():
    shown = render("{% hue_map data=data %}", data={"title": "</script><script>alert(1)</script>"})
    assert shown.count("</script>") == 1
    inside = re.search(r"<script type=\"application/json\">(.*?)</script>", shown, re.S).group(1)
    assert json.loads(inside) == {"title": "</script><script>alert(1)</script>"}


def test_a_chart_is_a_table_first_and_missing_values_are_said():
    data = {"kind": "bar", "x": ["1", "2"], "series": [{"name": "Nhận", "values": [3, None]}]}
    shown = render('{% chart data "Tuần" %}', data=data)
    assert '<th scope="row">1</th><td class="num">3</td>' in shown
    assert "không có số liệu" in shown


def test_a_query_string_is_this_page_with_some_values_changed():
    request = RequestFactory().get("/desk?state=late&after=9")
    shown = Template('{% load ui %}{% query after=None q="đèn" %}').render(Context({"request": request}))
    assert shown == "?state=late&amp;q=%C4%91%C3%A8n"


def test_a_pager_without_pages_draws_nothing():
    assert render("{% pager %}").strip() == ""
    assert 'rel="next" href="?after=1"' in render('{% pager next="?after=1" %}')


def test_the_place_field_can_be_typed_without_javascript():
    shown = render("{% place_field lon=107.59 lat=16.46 %}")
    assert 'name="lon" value="107.59"' in shown
    assert 'name="lat" value="16.46"' in shown


def test_islands_get_their_words_in_the_readers_language():
    with translation.override("en"):
        assert '"ui.js.map.simple": "Simplified map"' in render("{% island_texts %}")
