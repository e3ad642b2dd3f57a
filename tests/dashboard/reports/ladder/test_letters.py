"""Letters about the ladder: the firm's figures in either language, from templates that can be changed."""

import io
import zipfile
from datetime import date
from pathlib import Path

import pytest
from docx import Document

from dashboard.reports import paper_templates
from dashboard.reports.ladder import make_letter_templates
from dashboard.reports.ladder.letters import ONE_AWAY, RENEWAL, Letter, file_name, letters_docx
from dashboard.reports.paper_templates import WrongTemplate
from dashboard.reports.pool_papers import Office
from pipeline.language import CHINESE, ENGLISH, Label
from tests.cast import BANYAN, LOTUS

ON_SQLITE_ALONE = True
BUREAU = Office("江城市金融工作局")
KNOWN, TODAY = date(2026, 5, 1), date(2026, 5, 4)
HNTE = Label("高新技术企业", "High-tech enterprise (HNTE)")
LACKS = Label("创新能力评价得分还差 8 分（62 / 70 分）", "innovation score lacks 8 points (62 / 70 points)")


def renewal(firm: str = LOTUS, *conditions: Label) -> Letter:
    return Letter(RENEWAL, firm, "莲芯传感", "440703", "hnte", HNTE, date(2026, 12, 1), conditions)


def near() -> Letter:
    return Letter(ONE_AWAY, LOTUS, "莲芯传感", "440703", "hnte", HNTE, None, [LACKS])


def text_of(*letters: Letter, language: str = CHINESE, office: Office = BUREAU, made_up: bool = False) -> str:
    content = letters_docx(letters, KNOWN, TODAY, office, language, made_up)
    return "\n".join(each.text for each in Document(io.BytesIO(content)).paragraphs if each.text.strip())


def test_a_letter_of_renewal_says_when_the_certificate_ends_and_what_is_missing():
    words = text_of(renewal(LOTUS, LACKS))
    assert "有效期至2026年12月1日，距今211天" in words  # from 4 May
    assert "按截至2026年5月1日掌握的数据" in words
    assert "· 创新能力评价得分还差 8 分（62 / 70 分）" in words
    assert LOTUS in words
    assert words.endswith("江城市金融工作局\n2026年5月4日")


def test_where_nothing_is_missing_it_says_so_and_lists_nothing():
    words = text_of(renewal())
    assert "未发现不满足的条件" in words
    assert "·" not in words


def test_one_condition_away_names_the_rung_and_the_condition():
    words = text_of(near())
    assert "关于申报“高新技术企业”的提示函" in words
    assert "仅差一项：\n· 创新能力评价得分还差 8 分" in words


@pytest.mark.parametrize("letter", [renewal(LOTUS, LACKS), near()])
def test_in_english_no_fixed_word_is_chinese(letter):
    words = text_of(letter, language=ENGLISH, office=Office("Finance bureau")).replace("莲芯传感", "")
    assert not [character for character in words if "一" <= character <= "鿿"]
    assert "2026-05-01" in words


def test_several_letters_are_one_paper_each_on_a_page_of_its_own():
    content = letters_docx([renewal(), renewal(BANYAN, LACKS)], KNOWN, TODAY, BUREAU, CHINESE, False)
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        document = package.read("word/document.xml").decode()
    assert document.count('w:type="page"') == 1
    assert (document.count(LOTUS), document.count(BANYAN)) == (1, 1)


def test_made_up_firms_are_said_to_be_made_up():
    assert text_of(renewal(), made_up=True).startswith("演示数据")


def test_no_two_letters_have_the_same_file():
    letters = [renewal(), renewal(BANYAN), near()]
    assert len({file_name(each) for each in letters}) == 3
    assert file_name(near()) == f"one_away-hnte-{LOTUS}.docx"


@pytest.mark.parametrize("kind", list(make_letter_templates.MADE))
def test_the_templates_kept_are_those_that_the_script_makes(kind, tmp_path):
    make_letter_templates.write(tmp_path)

    def document(file: Path) -> bytes:
        with zipfile.ZipFile(file) as package:
            return package.read("word/document.xml")

    assert document(paper_templates.TEMPLATES / f"{kind}.docx") == document(tmp_path / f"{kind}.docx")


def test_an_office_may_write_its_own_words_and_a_field_that_nobody_fills_is_refused(tmp_path):
    own = Document()
    own.add_paragraph("{%p for 信 in 信函 %}")
    own.add_paragraph("{{信.企业名称}}，{{信.有效期至}}")
    own.add_paragraph("{%p endfor %}")
    own.save(str(tmp_path / "letter_renewal.docx"))
    office = Office("江城市金融工作局", tmp_path)
    assert text_of(renewal(), office=office) == "莲芯传感，2026年12月1日"
    own.add_paragraph("{{没有的}}")
    own.save(str(tmp_path / "letter_renewal.docx"))
    with pytest.raises(WrongTemplate, match="没有的"):
        text_of(renewal(), office=office)
