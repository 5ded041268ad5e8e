"""Parts that fictional companies and people are named from, and what a name is made of them."""

from dataclasses import dataclass
from random import Random

REGIONS = {  # sales territory: (city, area code of credit codes, dialling code)
    "华东": [
        ("上海", "310115", "021"),
        ("苏州", "320505", "0512"),
        ("杭州", "330108", "0571"),
        ("宁波", "330206", "0574"),
        ("南京", "320115", "025"),
        ("无锡", "320214", "0510"),
        ("合肥", "340104", "0551"),
    ],
    "华南": [
        ("深圳", "440307", "0755"),
        ("广州", "440112", "020"),
        ("东莞", "441900", "0769"),
        ("佛山", "440605", "0757"),
        ("厦门", "350206", "0592"),
    ],
    "华北": [
        ("北京", "110108", "010"),
        ("天津", "120116", "022"),
        ("青岛", "370211", "0532"),
        ("石家庄", "130108", "0311"),
        ("太原", "140105", "0351"),
    ],
    "华中": [("武汉", "420111", "027"), ("长沙", "430111", "0731"), ("郑州", "410105", "0371")],
    "西南": [("成都", "510107", "028"), ("重庆", "500112", "023"), ("昆明", "530102", "0871")],
    "东北": [("沈阳", "210112", "024"), ("大连", "210211", "0411"), ("长春", "220104", "0431")],
    "西北": [("西安", "610113", "029"), ("兰州", "620102", "0931")],
}
INDUSTRIES = {  # industry: what its companies call themselves
    "汽车零部件": ["汽车部件", "汽车电子", "车身系统"],
    "电子制造": ["电子", "微电子", "精密电子"],
    "机械设备": ["精密机械", "重工", "数控装备"],
    "新能源": ["新能源", "储能科技", "光伏科技"],
    "医疗器械": ["医疗科技", "医疗器械", "生命科学仪器"],
    "食品饮料": ["食品", "饮料", "乳品"],
    "化工": ["化工", "新材料", "精细化学"],
    "物流仓储": ["供应链", "智能仓储", "物流"],
    "轨道交通": ["轨道交通装备", "铁路设备"],
    "家用电器": ["电器", "智能家居"],
}
BRAND_FIRST = "岚皓澜霁昱翊峤沐琅骋曜珩祎桢栩昶煦湛谦弘"
BRAND_SECOND = "域衡谷川原拓岳桥帆石辰木舟野钧泽禾工度纪"
LEGAL_FORMS = ["有限公司", "有限公司", "有限公司", "股份有限公司", "科技有限公司"]
SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许邓冯韩曹曾彭萧蔡潘田董袁于余叶"
GIVEN = " ".join(
    [
        "志强 建国 晓峰 海燕 丽华 文博 思远 雅琴 国栋",
        "明辉 玉兰 春梅 浩然 子涵 婷婷 俊杰 立新 红梅",
        "永刚 慧敏 少华 佳宁 鹏飞 雪松 振东 秀英 宏伟",
        "静怡 天宇 美玲 建平 晨曦 一鸣 若曦 光明 淑珍",
    ]
).split()
_CODE_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


@dataclass(frozen=True)
class CompanyName:
    """A name with what it says about the company."""

    name: str
    short_name: str
    city: str
    region: str
    industry: str
    area_code: str
    dialling_code: str


def brands(rng: Random) -> list[str]:
    """Every two-character brand, in random order."""
    every = [first + second for first in BRAND_FIRST for second in BRAND_SECOND]
    rng.shuffle(every)
    return every


def company(rng: Random, brand: str) -> CompanyName:
    """A company of this brand in some city and industry; the east has more of them."""
    region = rng.choices(list(REGIONS), weights=[34, 22, 16, 10, 8, 6, 4])[0]
    city, area_code, dialling_code = rng.choice(REGIONS[region])
    industry = rng.choice(list(INDUSTRIES))
    line = rng.choice(INDUSTRIES[industry])
    form = rng.choice(LEGAL_FORMS)
    if form.startswith("科技") and "科技" in line:
        form = "有限公司"
    name = f"{city}{brand}{line}{form}"
    return CompanyName(name, brand + line, city, region, industry, area_code, dialling_code)


def person(rng: Random) -> str:
    """A full name."""
    return rng.choice(SURNAMES) + rng.choice(GIVEN)


def credit_code(rng: Random, area_code: str) -> str:
    """A unified social credit code 统一社会信用代码 with a right check character (GB 32100)."""
    body = f"91{area_code}MA" + "".join(rng.choices(_CODE_ALPHABET, k=7))
    total = sum(_CODE_ALPHABET.index(c) * pow(3, i, 31) for i, c in enumerate(body))
    return body + _CODE_ALPHABET[(31 - total % 31) % 31]
