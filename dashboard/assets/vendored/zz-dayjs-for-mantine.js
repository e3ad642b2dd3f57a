// Mantine's dates look for "dayjs_locale_zh-cn"; dayjs calls itself dayjs_locale_zh_cn.
window["dayjs_locale_zh-cn"] = window.dayjs_locale_zh_cn;
