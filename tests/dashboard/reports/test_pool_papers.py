"""The papers of the pools: opened again, each holds exactly its firms; an office's template works or is refused."""

import io
import zipfile
from datetime import date
from pathlib import Path

import docx
import openpyxl
import pytest

from dashboard.reports import make_templates, paper_templates
from dashboard.reports.paper_templates import KINDS, TUTORING_KINDS, WrongTemplate
from dashboard.reports.pool_papers import Office, balances, paper
from dashboard.reports.pool_workbooks import changes_workbook, list_workbook
from pipeline import language
from pipeline.accounts import people
from pipeline.language import Message
from pipeline.pool_history.published import Asked, ChangesBetween, Decided, Listed, Noticed
from pipeline.pools.reviews import Member
from tests.cast import BANYAN, KAPOK, LOTUS
from tests.pipeline.pools.city import JIANGHAI

ME = people.console()
BUREAU = Office("江城市金融工作局")
AS_OF, MAY_20 = date(2024, 5, 1), date(2024, 5, 20)
MOVES = {
    "enter": (None, "seed"),
    "promote": ("seed", "golden"),
    "renew": ("seed", "seed"),
    "demote": ("golden", "seed"),
    "exit": ("seed", None),
}


def firm(code: str, name: str, action: str = "enter", district: str | None = "440703", why: str = "材料齐全") -> Listed:
    return Listed(code, name, district, action, *MOVES[action], MAY_20, Message(""), why)


def decided(*firms: Listed, asked: bool = False, noticed: bool = False) -> Decided:
    return Decided(1, AS_OF, MAY_20, asked, noticed, list(firms))


ALL = decided(firm(BANYAN, "榕动电机", "promote", "440704"), firm(LOTUS, "莲芯传感"), firm(KAPOK, "木棉软件", "exit"))
ASKED = Asked(1, AS_OF, "tax", date(2024, 5, 6), MAY_20, ALL.firms[:2])
NOTICED = Noticed(1, AS_OF, date(2024, 5, 6), date(2024, 5, 10), 5, ALL.firms)
CHANGED = ChangesBetween(
    date(2024, 1, 1),
    date(2024, 6, 30),
    ALL.firms,
    [
        Member(BANYAN, "榕动电机", "440704", "seed", date(2023, 1, 1), 1),
        Member(KAPOK, "木棉软件", "440703", "seed", date(2023, 1, 1), 2),
    ],
    [
        Member(BANYAN, "榕动电机", "440704", "golden", MAY_20, 3),
        Member(LOTUS, "莲芯传感", "440703", "seed", MAY_20, 4),
    ],
)
PAPERS = {"decision": ALL, "list": ALL, "opinion": ASKED, "notice": NOTICED, "changes": CHANGED}


def opened(content: bytes) -> docx.document.Document:
    return docx.Document(io.BytesIO(content))


def text_of(content: bytes) -> str:
    return "\n".join(paragraph.text for paragraph in opened(content).paragraphs)


def rows_of(content: bytes) -> list[list[list[str]]]:
    """Every table: its rows below the head."""
    return [[[cell.text for cell in row.cells] for row in table.rows[1:]] for table in opened(content).tables]


def edited(tmp_path: Path, *paragraphs: str) -> Path:
    """A template as an office might write it itself."""
    document = docx.Document()
    for words in paragraphs:
        document.add_paragraph(words)
    file = tmp_path / "own.docx"
    document.save(str(file))
    return file


# --- what a paper holds ----------------------------------------------------------------------------


def test_a_decision_names_exactly_its_firms_each_in_the_list_of_its_pool():
    made = paper("decision", ALL, BUREAU, False, ME)
    golden, seed, left = rows_of(made)
    assert [row[:5] for row in (*golden, *seed, *left)] == [
        ["1", "榕动电机", BANYAN, "江海区", "晋级金种子库"],
        ["1", "莲芯传感", LOTUS, "蓬江区", "新入库"],
        ["1", "木棉软件", KAPOK, "蓬江区", "调出"],
    ]
    words = text_of(made)
    assert "列入“金种子库”企业1家，列入“种子库”企业1家，调出1家。" in words
    assert "江城市金融工作局" in words
    assert "2024年5月20日" in words


def test_a_number_is_never_invented_and_an_office_without_a_name_is_a_blank():
    words = text_of(paper("decision", ALL, Office(), False, ME))
    assert "　　〔　　　　〕　　号" in words
    assert "＿＿＿＿" in words


@pytest.mark.parametrize(
    ("asked", "noticed", "words"),
    [
        (False, False, "评审，现将"),
        (True, False, "评审、征求有关部门意见，现将"),
        (False, True, "评审、公示，现将"),
        (True, True, "评审、征求有关部门意见、公示，现将"),
    ],
)
def test_a_decision_says_only_what_was_done_before_it(asked, noticed, words):
    told = decided(*ALL.firms, asked=asked, noticed=noticed)
    assert words in text_of(paper("decision", told, BUREAU, False, ME))


def test_a_list_without_a_firm_that_leaves_has_no_table_of_them():
    made = paper("list", decided(firm(LOTUS, "莲芯传感")), BUREAU, False, ME)
    assert [[row[1] for row in table] for table in rows_of(made)] == [["莲芯传感"]]
    assert "调出企业" not in text_of(made)


def test_a_letter_names_the_department_the_day_and_the_firms_with_their_codes():
    made = paper("opinion", ASKED, BUREAU, False, ME)
    assert "税务局：" in text_of(made)
    assert "请于2024年5月20日前" in text_of(made)
    assert [row[1:3] for row in rows_of(made)[0]] == [["榕动电机", BANYAN], ["莲芯传感", LOTUS]]


def test_a_notice_says_from_when_to_when_and_where_to_object():
    words = text_of(paper("notice", NOTICED, BUREAU, False, ME))
    assert "2024年5月6日至2024年5月10日（5个工作日）" in words
    assert "向江城市金融工作局提出" in words


def test_the_report_balances_each_pool_and_district():
    pools, districts = balances(CHANGED)
    assert [tuple(vars(one).values()) for one in pools] == [
        ("种子库", 2, 1, 1, 0, 0, 1, 1),
        ("金种子库", 0, 0, 1, 0, 0, 0, 1),
    ]
    # Seed: 2 before + 1 entry - 1 promotion - 1 exit = 1 after.
    assert [tuple(vars(one).values()) for one in districts] == [
        ("蓬江区", 1, 1, 0, 0, 0, 1, 1),
        ("江海区", 1, 0, 1, 0, 0, 0, 1),
    ]
    made = paper("changes", CHANGED, BUREAU, False, ME)
    assert "期初在库企业2家，期末在库企业2家，期初、期末均在库1家" in text_of(made)
    by_pool, _by_district, changes, stayed = rows_of(made)
    assert by_pool[0] == ["种子库", "2", "1", "1", "0", "0", "1", "1"]
    assert [(row[1], row[4], row[6]) for row in changes] == [
        ("榕动电机", "晋级金种子库", "材料齐全"),
        ("莲芯传感", "新入库", "材料齐全"),
        ("木棉软件", "调出", "材料齐全"),
    ]
    assert [row[1] for row in stayed] == ["榕动电机"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_paper_of_made_up_firms_says_so_before_anything_else_and_one_of_real_firms_does_not(kind, tmp_path):
    made_up = opened(paper(kind, PAPERS[kind], BUREAU, True, ME)).paragraphs[0].text
    assert made_up == "演示数据：此处所有企业、人员和数字均为虚构。"
    assert "演示" not in text_of(paper(kind, PAPERS[kind], BUREAU, False, ME))
    own = edited(tmp_path, "{{发文单位}}")
    assert "虚构" in opened(paper(kind, PAPERS[kind], BUREAU, True, ME, own)).paragraphs[0].text


@pytest.mark.parametrize("kind", KINDS)
def test_a_paper_is_chinese_also_for_a_reader_of_english_and_a_districts_says_which(kind):
    with language.speaking("en"):
        words = text_of(paper(kind, PAPERS[kind], BUREAU, True, JIANGHAI))
    assert "Demonstration" not in words
    assert "（江海区）" in words
    assert "（江海区）" not in text_of(paper(kind, PAPERS[kind], BUREAU, True, ME))


@pytest.mark.parametrize("name", ["{{发文单位}}", "甲&乙<丙>", "甲\t乙\n丙\x0c丁", "甲\x00\x0b乙"])
def test_whatever_stands_in_a_name_is_a_text_in_one_cell(name):
    made = paper("list", decided(firm(LOTUS, name)), BUREAU, False, ME)
    ((row,),) = rows_of(made)
    assert row[1] == "".join(letter if letter.isprintable() else " " for letter in name)


# --- templates -------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [*KINDS, *TUTORING_KINDS])
def test_the_templates_kept_are_those_that_the_script_makes(kind, tmp_path):
    make_templates.write(tmp_path)

    def parts(file: Path) -> list[bytes]:
        with zipfile.ZipFile(file) as package:
            names = [name for name in ("word/document.xml", "word/footer1.xml") if name in package.namelist()]
            return [package.read(name) for name in names]

    assert parts(paper_templates.TEMPLATES / f"{kind}.docx") == parts(tmp_path / f"{kind}.docx")


def test_a_templates_page_is_a4_with_the_margins_of_the_standard():
    section = docx.Document(str(paper_templates.TEMPLATES / "decision.docx")).sections[0]
    sizes = (section.page_width, section.page_height, section.top_margin, section.left_margin, section.right_margin)
    assert [round(each.mm) for each in sizes] == [210, 297, 37, 28, 26]


def test_an_office_may_write_other_words_in_another_order(tmp_path):
    own = edited(
        tmp_path,
        "入库{{种子库家数}}家（{{成文日期}}，{{发文单位}}）",
        "{%p for 企业 in 种子库名单 %}",
        "{{企业.统一社会信用代码}} {{企业.企业名称}}",
        "{%p endfor %}",
    )
    words = text_of(paper("decision", ALL, BUREAU, False, ME, own))
    assert words.split("\n") == ["入库1家（2024年5月20日，江城市金融工作局）", f"{LOTUS} 莲芯传感"]


def test_an_office_keeps_its_templates_in_a_folder_and_the_others_stay_the_projects(tmp_path):
    edited(tmp_path, "本局的公示").rename(tmp_path / "notice.docx")
    office = Office("江城市金融工作局", tmp_path)
    assert text_of(paper("notice", NOTICED, office, False, ME)) == "本局的公示"
    assert "关于公布" in text_of(paper("decision", ALL, office, False, ME))


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["{{联系人}}"], "联系人"),
        (["{%p if 调出家数 > 9 %}", "{{负责人}}", "{%p endif %}"], "负责人"),
        (["{%p for 企业 in 种子库名单 %}", "{{企业.电话}}", "{%p endfor %}"], "电话"),
    ],
)
def test_a_field_that_nothing_fills_is_refused_by_its_name(tmp_path, words, named):
    with pytest.raises(WrongTemplate) as refused:
        paper("decision", ALL, BUREAU, False, ME, edited(tmp_path, *words))
    assert f"own.docx 中的字段 {named} " in str(refused.value)
    assert "种子库名单" in str(refused.value)


def test_a_broken_mark_and_a_file_that_is_no_document_get_a_letter(tmp_path):
    with pytest.raises(WrongTemplate, match="标记有误"):
        paper("decision", ALL, BUREAU, False, ME, edited(tmp_path, "{% if 调出家数 %}"))
    for content in (b"", b"PK\x03\x04", b"no document"):
        (tmp_path / "x.docx").write_bytes(content)
        with pytest.raises(WrongTemplate, match="不是 DOCX"):
            paper("decision", ALL, BUREAU, False, ME, tmp_path / "x.docx")
    with zipfile.ZipFile(tmp_path / "zip.docx", "w") as package:
        package.writestr("a.txt", "a")
    with pytest.raises(WrongTemplate, match="不是 DOCX"):
        paper("decision", ALL, BUREAU, False, ME, tmp_path / "zip.docx")


def test_a_template_reaches_nothing_but_its_fields(tmp_path):
    with pytest.raises(WrongTemplate):
        paper("decision", ALL, BUREAU, False, ME, edited(tmp_path, "{{发文单位.__class__.__mro__}}"))


# --- workbooks -------------------------------------------------------------------------------------


def test_a_name_that_looks_like_a_formula_is_a_text_in_every_sheet():
    bad = '=HYPERLINK("http://x","y")'
    told = decided(firm(LOTUS, bad, why="@SUM(1)"))
    changed = ChangesBetween(
        AS_OF,
        MAY_20,
        told.firms,
        [Member(LOTUS, bad, None, "seed", AS_OF, 1)],
        [Member(LOTUS, bad, None, "seed", AS_OF, 1)],
    )
    for content in (list_workbook(told, False), changes_workbook(changed, False)):
        book = openpyxl.load_workbook(io.BytesIO(content))
        cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
        assert "f" not in {cell.data_type for cell in cells}
        assert f"'{bad}" in [cell.value for cell in cells]
        assert bad not in [cell.value for cell in cells]


def test_the_list_as_a_workbook_holds_exactly_the_firms_and_says_where_they_are_made_up():
    sheet = openpyxl.load_workbook(io.BytesIO(list_workbook(ALL, True))).worksheets[0]
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert "虚构" in rows[0][0]
    assert rows[1][:3] == ["序号", "企业", "统一社会信用代码"]
    assert [row[2] for row in rows[2:]] == [BANYAN, LOTUS, KAPOK]
    with language.speaking("en"):
        english = openpyxl.load_workbook(io.BytesIO(list_workbook(ALL, False))).worksheets[0]
    assert english["B1"].value == "Firm"
    assert english["G2"].value == "promotion to the golden-seed pool"
