"""Names for firms that do not exist: three-character coinages out of words no brand is made of.

A registered name begins with its place (某某市…); ours do not, so that none can be a registered one even
where a coinage should happen to sound like somebody. tests/pipeline/synthetic_city keeps a list of brands
that no coinage may contain.
"""

import numpy as np

_FIRST = "砾穹漪檀渡蔚岚璟砚澜榈峤霁沅桠曜泠珩埭栎溟黛葭嵘湜翊笙瑭岫筱"
_SECOND = "垣桁泓篁棹煦岑珂榭湄蓼磬畹笕渚芃枢屿莳铮缃坞溆樾焱钧耘埕桓蘅"
_THIRD = "邑朔禾陌疏旻庭芷筑烁岩衡津澍瑜谣弦郅昶翎澈泽柏漾维舟恪域沂鹭"

#: What a firm of this GB/T division calls its trade.
TRADES = {
    "C14": ["食品科技", "生物食品"],
    "C17": ["纺织科技", "功能面料"],
    "C22": ["纸业科技", "环保包装"],
    "C26": ["新材料", "精细化工", "涂料科技"],
    "C27": ["生物医药", "制药", "健康科技"],
    "C29": ["橡塑科技", "高分子材料"],
    "C30": ["特种玻璃", "陶瓷新材料"],
    "C33": ["金属制品", "五金科技", "精密铸造"],
    "C34": ["通用设备", "精密机械", "传动科技"],
    "C35": ["智能装备", "专用设备", "自动化设备"],
    "C36": ["汽车部件", "车辆科技"],
    "C37": ["轨道装备", "船舶设备"],
    "C38": ["电器", "电机科技", "新能源科技", "储能科技"],
    "C39": ["电子", "电路科技", "光电科技", "通信设备"],
    "C40": ["仪器仪表", "传感科技"],
    "C42": ["资源循环科技"],
    "I64": ["网络科技"],
    "I65": ["软件", "信息技术", "数据科技"],
    "M73": ["研究开发", "生物技术"],
    "M74": ["检测技术", "工程技术"],
    "M75": ["环境科技", "科技服务"],
}
LIMITED, JOINT_STOCK = "有限公司", "股份有限公司"


def brands(count: int, rng: np.random.Generator) -> np.ndarray:
    """Different coinages of three characters, at most 27,000 of them."""
    if count > len(_FIRST) * len(_SECOND) * len(_THIRD):
        raise ValueError(f"There are only {len(_FIRST) * len(_SECOND) * len(_THIRD)} different names.")
    numbers = rng.choice(len(_FIRST) * len(_SECOND) * len(_THIRD), size=count, replace=False)
    first, rest = np.divmod(numbers, len(_SECOND) * len(_THIRD))
    second, third = np.divmod(rest, len(_THIRD))
    letters = [np.array(list(part))[place] for part, place in ((_FIRST, first), (_SECOND, second), (_THIRD, third))]
    return np.char.add(np.char.add(letters[0], letters[1]), letters[2])


def trades(divisions: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A word for the trade of each firm, out of those of its division."""
    chosen = np.empty(len(divisions), dtype=object)
    for division, words in TRADES.items():
        own = divisions == division
        chosen[own] = rng.choice(words, size=int(own.sum()))
    return chosen
