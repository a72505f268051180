"""A definition leaves as BPMN 2.0 and comes back the same; files of others come in with a word on everything that does not."""

from __future__ import annotations

from pathlib import Path

import pytest
import SpiffWorkflow
from hypothesis import given, settings
from lxml import etree

from ngomon.core.errors import Invalid
from ngomon.processes.bpmn_in import import_bpmn
from ngomon.processes.bpmn_out import DC, DI, MODEL, export
from ngomon.processes.rules.reading import read
from ngomon.processes.wording import fault_lines

from .conftest import TIMED, timed
from .random_definitions import definitions

SCHEMA = Path(SpiffWorkflow.__file__).parent / "bpmn/parser/schema/BPMN20.xsd"
SHARED = next(
    (p / "shared/data/bpmn" for p in Path(__file__).parents if (p / "shared/data/bpmn").is_dir()), None
)
MODELS = sorted(SHARED.glob("*.bpmn")) if SHARED else []
PLAIN = {"task", "userTask", "manualTask", "exclusiveGateway", "sequenceFlow", "startEvent", "endEvent"}
PART_OF = ("EventDefinition", "conditionExpression")
AROUND = {"definitions", "process", "collaboration", "laneSet", "participant", "lane"}


@pytest.fixture(scope="module")
def schema():
    return etree.XMLSchema(etree.parse(str(SCHEMA)))


def test_field_reports_are_valid_bpmn_with_a_box_for_each_node_and_come_back_equal(schema):
    made = export(timed())
    root = etree.fromstring(made)
    assert schema.validate(root), schema.error_log
    nodes = {e.get("id") for e in root.iter() if e.tag != f"{{{MODEL}}}sequenceFlow" and e.get("id")}
    drawn = {e.get("bpmnElement") for e in root.iter(f"{{{DI}}}BPMNShape")}
    steps = {f"step_{s['key']}" for s in timed()["step"]}
    assert steps <= drawn <= nodes
    assert {e.get("id") for e in root.iter(f"{{{MODEL}}}sequenceFlow")} == {
        e.get("bpmnElement") for e in root.iter(f"{{{DI}}}BPMNEdge")
    }
    boxes = [
        tuple(float(b.get(n)) for n in ("x", "y", "width", "height")) for b in root.iter(f"{{{DC}}}Bounds")
    ]
    tasks = [b for b in boxes if b[2:] == (130, 80)]
    assert not any(
        abs(a[0] - b[0]) < 130 and abs(a[1] - b[1]) < 80 for i, a in enumerate(tasks) for b in tasks[:i]
    ), "no two tasks lie on each other"
    back = import_bpmn(made)
    assert back.is_ours
    assert back.remarks == ()
    assert read(back.tables)[0] == read(timed())[0]


@given(definitions())
@settings(max_examples=60, deadline=None)
def test_any_definition_comes_back_equal_and_is_valid(schema, raw):
    made = export(raw)
    assert schema.validate(etree.fromstring(made)), schema.error_log
    back = import_bpmn(made)
    assert read(back.tables) == read(raw)


def test_what_was_changed_in_the_drawing_wins():
    root = etree.fromstring(export(timed()))
    root.find(f".//{{{MODEL}}}userTask[@id='step_verify']").set("name", "Tiếp nhận ban đầu")
    flow = next(
        f for f in root.iter(f"{{{MODEL}}}sequenceFlow") if f.get("name") == "Xác minh, chờ phân phối"
    )
    flow.set("targetRef", "step_waiting")
    root.find(f".//{{{MODEL}}}boundaryEvent[@id='lapse_waiting']//{{{MODEL}}}timeDuration").text = "P9D"
    back, _ = read(import_bpmn(etree.tostring(root)).tables)
    assert back.steps["verify"].name == {"vi": "Tiếp nhận ban đầu", "en": "Receive and verify"}
    assert back.steps["verify"].action("accept").to == "waiting"
    assert back.steps["waiting"].lapse.after.n == 9
    assert back.steps["verify"].roles == ("ioc_operator",)


@pytest.mark.skipif(
    not MODELS, reason="the reference models are in ../shared, on the builders' machines only"
)
@pytest.mark.parametrize("path", MODELS, ids=lambda p: p.stem)
def test_a_reference_model_comes_in_as_a_draft_and_everything_else_is_named(path):
    """Each element of the file is a step, a way between steps, or stands in the report with its line."""
    found = import_bpmn(path.read_bytes(), "imported.model")
    definition, faults = read(found.tables)
    assert definition is not None
    assert not faults, fault_lines(faults, "en", definition)
    told = {remark.id for remark in found.remarks}
    root = etree.parse(str(path)).getroot()
    for element in root.iter(f"{{{MODEL}}}*"):
        kind, id = etree.QName(element).localname, element.get("id")
        up = element.getparent()
        above = {each.get("id") for each in element.iterancestors()} & told
        if not id or kind in AROUND or (above and (kind in {"sequenceFlow"} or kind.endswith(PART_OF))):
            continue
        if kind == "conditionExpression" and not (element.text or "").strip():
            continue
        is_plain = kind in PLAIN and etree.QName(up).localname == "process"
        assert id in told or is_plain or _is_taken(kind, element, up), (kind, id, element.sourceline)
    for remark in found.remarks:
        for language in ("vi", "en"):
            assert "processes." not in remark.words(language)
            assert "{" not in remark.words(language).replace(remark.name, "")


def _is_taken(kind: str, element, up) -> bool:
    """Gateways that only join, and what became a step with all that it says."""
    if kind in {"parallelGateway", "eventBasedGateway", "intermediateCatchEvent", "serviceTask", "sendTask"}:
        return False
    names = {kind, etree.QName(up).localname}
    return (
        bool(names & {"userTask", "task", "startEvent", "endEvent"})
        and etree.QName(up).localname == "process"
    )


def test_a_stranger_s_task_with_a_timer_becomes_a_wait_and_the_report_says_so():
    found = import_bpmn(
        f"""<definitions xmlns="{MODEL}"><process id="p" name="Cấp phép">
        <startEvent id="s"/><sequenceFlow id="f1" sourceRef="s" targetRef="a"/>
        <userTask id="a" name="Chờ bổ sung"/>
        <boundaryEvent id="t" attachedToRef="a"><timerEventDefinition><timeDuration>PT36H</timeDuration></timerEventDefinition></boundaryEvent>
        <sequenceFlow id="f2" sourceRef="a" targetRef="g"/><exclusiveGateway id="g"/>
        <sequenceFlow id="f3" name="Đủ" sourceRef="g" targetRef="b"><conditionExpression>${{du}}</conditionExpression></sequenceFlow>
        <sequenceFlow id="f4" name="Thiếu" sourceRef="g" targetRef="e"/>
        <scriptTask id="b" name="Tính phí"/><sequenceFlow id="f5" sourceRef="b" targetRef="e"/>
        <sequenceFlow id="f6" sourceRef="t" targetRef="e"/><endEvent id="e" name="Xong"/></process></definitions>""".encode(),
        "permits.new",
    )
    definition, _ = read(found.tables)
    assert definition.start == "cho_bo_sung"
    wait = definition.steps["cho_bo_sung"]
    assert (wait.kind, wait.lapse.after.unit, wait.lapse.after.n) == ("wait", "hours", 36)
    assert [(a.name["vi"], a.to) for a in wait.actions][:2] == [("Đủ", "tinh_phi"), ("Thiếu", "xong")]
    assert wait.action(wait.lapse.action).roles == ("system",)
    said = [r.words("vi") for r in found.remarks]
    assert said == [
        "boundaryEvent “t” (dòng 4): thành hết hạn của bước chờ",
        "sequenceFlow “Đủ” (dòng 6): điều kiện “${du}” không được lấy: người làm bước trước chọn",
        "scriptTask “Tính phí” (dòng 8): thành việc của một người; hãy chọn ai làm",
    ]


SECRET = """<?xml version="1.0"?><!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/hostname">]><definitions>&x;</definitions>"""


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "not_xml"),
        (b"not xml", "not_xml"),
        (SECRET.encode(), "forbidden"),
        (SECRET.replace('1.0"?>', '1.0" encoding="utf-16"?>', 1).encode("utf-16"), "forbidden"),
        (b"<definitions/>", "no_process"),
        (b"<a>" + b" " * 2_000_001 + b"</a>", "too_large"),
        (TIMED.read_bytes(), "not_xml"),
    ],
    ids=["empty", "words", "entity", "entity_utf16", "nothing", "large", "toml"],
)
def test_what_cannot_be_read_is_refused_with_the_reason(content, code):
    with pytest.raises(Invalid) as caught:
        import_bpmn(content)
    assert caught.value.fields == {"file": f"processes.bpmn.{code}"}
