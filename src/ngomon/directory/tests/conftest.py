"""A small city for the directory's tests: two wards, a commune, a former ward, six agencies, five categories."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ngomon.core.actors import Actor, Grant, system
from ngomon.core.units import unit
from ngomon.directory import commands, queries

AT = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
SYSTEM = system("test")
ADMIN = Actor(kind="account", id="admin-1", grants=frozenset({Grant("admin")}))
CLERK = Actor(kind="account", id="clerk-1", grants=frozenset({Grant("agency_clerk", "roads")}))

FILES = {
    "city.toml": """
key = "small"
version = "2026.1"
timezone = "Asia/Ho_Chi_Minh"
languages = ["vi", "en"]
currency = "VND"
center = [107.58, 16.46]
zoom = 12
bounds = [107.5, 16.4, 107.8, 16.6]
boundary = "boundary.geojson"
hotline = "19000000"
case_prefix = "PA"
office_name = "Trung tâm"
[name]
vi = "Thành phố Nhỏ"
en = "Small City"
[site_name]
vi = "Ngọ Môn"
en = "Ngo Mon"
[working_hours]
mon = [["07:30", "11:30"], ["13:30", "17:00"]]
tue = [["07:30", "11:30"], ["13:30", "17:00"]]
wed = [["07:30", "11:30"], ["13:30", "17:00"]]
thu = [["07:30", "11:30"], ["13:30", "17:00"]]
fri = [["07:30", "11:30"], ["13:30", "17:00"]]
sat = []
sun = []
[reception]
night_from = "00:00"
night_to = "07:30"
[defaults]
acknowledge_minutes = 30
budget_working_days = 7
reminder_ratio = 0.7
escalate_after_working_hours = 8
[[sign_in.policy]]
channel = "open311"
category = "*"
requires = "anonymous"
[calendar]
seed = "VN"
confirmed_years = [2025, 2026]
[[map.layers]]
key = "areas"
file = "areas.geojson"
kind = "areas"
name = { vi = "Phường, xã", en = "Wards and communes" }
""",
    "areas.csv": """key,kind,name_vi,name_en,parent,valid_from,valid_to,successor,label_lon,label_lat,area_km2
46,city,Thành phố Nhỏ,Small City,,2025-07-01,,,107.6,16.5,100
101,ward,Phường Thuận Hóa,Thuan Hoa Ward,46,2025-07-01,,,107.55,16.45,10
102,ward,Phường Phú Xuân,Phu Xuan Ward,46,2025-07-01,,,107.65,16.45,10
103,commune,Xã Bình Điền,Binh Dien Commune,46,2025-07-01,,,107.6,16.55,80
old-9,former_district,Quận Cũ,Former District,46,,2025-07-01,101 102,,,
old-11,former_ward,Xã Phú Mậu,Phu Mau Commune,old-9,,2025-07-01,102,,,
""",
    "agencies.csv": """key,name_vi,name_en,short_vi,short_en,kind,parent,area,size,email,phone,valid_from,valid_to,successor,source,legal
office,Văn phòng Ủy ban,City Office,VP,Office,city_office,,,normal,office@demo.invalid,,,,,,
roads,Sở Xây dựng,Department of Construction,SXD,Construction,department,,,normal,,,2025-03-01,,,,
transport,Sở Giao thông vận tải,Department of Transport,SGTVT,Transport,department,,,normal,,,,2025-03-01,roads,,
ward-101,UBND phường Thuận Hóa,Thuan Hoa Ward Committee,Thuận Hóa,Thuan Hoa,ward_committee,,101,normal,,,2025-07-01,,,,
ward-102,UBND phường Phú Xuân,Phu Xuan Ward Committee,Phú Xuân,Phu Xuan,ward_committee,,102,normal,,,2025-07-01,,,,
ward-103,UBND xã Bình Điền,Binh Dien Commune Committee,Bình Điền,Binh Dien,ward_committee,,103,small,,,2025-07-01,,,,
""",
    "categories.csv": """key,parent,order,name_vi,name_en,icon,group,budget_days,budget_minutes,legal_source,photo_required,after_photo,public_map,hint_vi,hint_en,words,danger_words,service,valid_from,valid_to
street,,1,Đường phố,Streets,road,,,,,,,,,,,,,,
pothole,street,2,Ổ gà,Potholes,circle-alert,timed,7,,QĐ 30/2022/QĐ-UBND,no,required,yes,Chụp cả mặt đường,Show the whole road,ổ gà;o ga;hố,sụt,field_reports,,
lamp,street,3,Đèn đường,Street lamps,lamp,timed,3,,QĐ 30/2022/QĐ-UBND,no,required,yes,,,đèn;den duong,rò điện,field_reports,,
danger,,4,Khẩn cấp,Danger,siren,,,,,,,,,,,,,,
fire,danger,5,Cháy,Fire,flame,instant,,5,,no,optional,no,,,cháy,cháy,field_reports,,
""",
    "routing.csv": """category,area,agency,valid_from,valid_to,why_vi,why_en,source
*,*,ward_committee,,,"{agency} quản lý địa bàn {area}.","{agency} looks after {area}.",
street,*,transport,,,"{agency} quản lý đường: {category}.","{agency} looks after roads: {category}.",
pothole,kind:commune,ward_committee,,,"Đường xã do {agency} quản lý.","Commune roads belong to {agency}.",
pothole,101,office,2026-01-01,,"Thí điểm tại {area}.","A trial in {area}.",
fire,*,office,,,"Cháy báo {agency}.","Fires go to {agency}.",
""",
    "calendar.csv": """date,kind,name_vi,name_en,source,decided_on
2026-01-02,off,Nghỉ hoán đổi,Day off in exchange,Quyết định của Thủ tướng,2025-12-01
2026-01-10,working,Làm bù,Working Saturday,Quyết định của Thủ tướng,2025-12-01
""",
    "answers.csv": """key,action,category,text_vi,text_en
ack,acknowledge,*,Đã nhận {case}.,Received {case}.
ack-street,acknowledge,street,Đã nhận về đường {case}.,Received about the road {case}.
""",
    "places.csv": """key,name_vi,name_en,kind,aliases,lon,lat,area,source
le-loi,Đường Lê Lợi,Le Loi Street,street,,107.56,16.46,101,own
truong-tien,Cầu Trường Tiền,Truong Tien Bridge,bridge,Cầu Tràng Tiền,107.58,16.468,101,own
dong-ba,Chợ Đông Ba,Dong Ba Market,market,,107.64,16.47,102,own
""",
}


def _box(code: str, west: float, south: float, east: float, north: float) -> dict:
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {
        "type": "Feature",
        "properties": {"code": code},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }


BOXES = [
    _box("101", 107.5, 16.4, 107.6, 16.5),
    _box("102", 107.6, 16.4, 107.7, 16.5),
    _box("103", 107.5, 16.5, 107.7, 16.6),
]


class Folder:
    """A pack's folder that a test may change."""

    def __init__(self, path: Path) -> None:
        self.path = path
        for name, content in FILES.items():
            (path / name).write_text(content, encoding="utf-8")
        self.shapes("areas.geojson", BOXES)
        self.shapes("boundary.geojson", [_box("46", 107.5, 16.4, 107.7, 16.6)])

    def shapes(self, name: str, features: list[dict]) -> None:
        content = {"type": "FeatureCollection", "features": features}
        (self.path / name).write_text(json.dumps(content), encoding="utf-8")

    def change(self, name: str, before: str, after: str) -> None:
        content = (self.path / name).read_text(encoding="utf-8")
        assert before in content
        (self.path / name).write_text(content.replace(before, after), encoding="utf-8")

    def load(self, *, actor=SYSTEM, at=AT):
        with unit():
            return commands.load_pack(self.path, actor=actor, at=at)


@pytest.fixture
def folder(tmp_path):
    queries.forget()
    yield Folder(tmp_path)
    queries.forget()


@pytest.fixture
def city(folder):
    folder.load()
    return folder
