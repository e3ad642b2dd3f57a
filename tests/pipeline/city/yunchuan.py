"""A second city, made up, of five districts: its file."""

from pathlib import Path

YUNCHUAN = """\
name: {zh: 云川市, en: Yunchuan}
titles:
  program: {zh: 上市苗圃, en: Seedbed}
  district: 区县
  bureau: 云川市金融局（虚构）
time_zone: Asia/Urumqi
districts:
  "990101": {zh: 东岭区, en: Dongling}
  "990102": {zh: 西渡区, en: Xidu}
  "990103": {zh: 南沙洲区, en: Nanshazhou}
  "990121": {zh: 北桥县, en: Beiqiao}
  "990122": {zh: 中坪县, en: Zhongping}
"""


def write_yunchuan(folder: Path) -> Path:
    file = folder / "yunchuan.yaml"
    file.write_text(YUNCHUAN, encoding="utf-8")
    return file
