"""With whom the made-up firms do things; every one is an invention and says so."""

MADE_UP = "（虚构）"
UNIVERSITIES = tuple(
    name + MADE_UP
    for name in ("岭澜理工大学", "穹桁大学", "溟垣工业研究院", "檀泓师范大学", "霁岑材料研究所", "泠煦科技大学")
)
INCUBATORS = {
    "maker_space": tuple(name + MADE_UP for name in ("砚屿众创空间", "璟芷创客工场")),
    "incubator": tuple(name + MADE_UP for name in ("澜湄科技企业孵化器", "榈蓼产业孵化园", "埭焱电子孵化器")),
    "accelerator": (f"岫蘅企业加速器{MADE_UP}",),
}
BANKS = tuple(name + MADE_UP for name in ("渡篁银行科技支行", "沁磬农商银行", "蔚珂银行", "砾湄村镇银行"))
GUARANTORS = tuple(name + MADE_UP for name in ("榭畹融资担保", "珩缃融资担保"))
INSURERS = tuple(name + MADE_UP for name in ("曜坞财险", "泓莳财险"))
INVESTORS = tuple(name + MADE_UP for name in ("溪樾创投", "棹铮资本", "湜泽产业基金", "翊钧股权投资", "笙耘基金"))
HOSTS = tuple(name + MADE_UP for name in ("市科技金融服务中心", "砚钧证券", "岚维路演平台"))
PLACES_FROM = ("广州", "深圳", "佛山", "中山", "东莞")
ABROAD = ("美国", "德国", "日本", "欧洲", "韩国")
BASES_ABROAD = ("越南", "泰国", "墨西哥", "马来西亚")
PRIZES = ("一等奖", "二等奖", "三等奖", "优胜奖")
AWARDS = ("科技进步一等奖", "科技进步二等奖", "技术发明奖")
