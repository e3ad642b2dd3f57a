// Functions that the grids of components/grids.py name; the grid evaluates no text of its own.
window.dashAgGridFunctions = window.dashAgGridFunctions || {};
window.dashAgGridComponentFunctions = window.dashAgGridComponentFunctions || {};

// What an empty grid says; the rest of its words come from the vendored locale.
const EMPTY = {
  zh: {noRowsToShow: "暂无数据", noMatchingRows: "没有符合条件的数据，请减少搜索词或清除筛选"},
  en: {noRowsToShow: "Nothing here yet", noMatchingRows: "Nothing fits: search for less, or clear the filters"},
};

window.dashAgGridFunctions.gridText = function (params) {
  const chinese = inChinese();
  const texts = chinese ? window.goldseedGridTexts || {} : {};
  return EMPTY[chinese ? "zh" : "en"][params.key] || texts[params.key] || params.defaultValue;
};

// Tab stops at a grid once and then leaves it; inside, arrows go from cell to cell and from the first row up into the
// headings (Enter sorts there, Ctrl+Enter filters). Coming back leads to the cell where one was, otherwise to the first.
window.dashAgGridFunctions.tabStops = function (params) {
  const api = params.api;
  if (api.getGridOption("focusGridInnerElement")) return;
  api.setGridOption("focusGridInnerElement", function (entered) {
    if (entered.fromBottom && api.getGridOption("pagination")) return false; // its buttons come first that way
    const last = api.getFocusedCell();
    const row = last ? last.rowIndex : api.getFirstDisplayedRowIndex();
    const column = (last && last.column) || api.getAllDisplayedColumns()[0];
    if (row < 0 || row >= api.getDisplayedRowCount() || !column) return false; // no rows: the headings
    api.ensureIndexVisible(row);
    api.setFocusedCell(row, column);
    return true;
  });
};

window.dashAgGridFunctions.leaveGrid = function () {
  return false;
};

// As pipeline/wording/number_format.py writes a number: thousands marks, one minus sign and never before a nought.
const decimal = function (value, digits) {
  if (value === null || value === undefined) return "";
  const text = Math.abs(value).toLocaleString("en-US", {minimumFractionDigits: digits, maximumFractionDigits: digits});
  return value < 0 && /[1-9]/.test(text) ? "−" + text : text;
};

window.dashAgGridFunctions.whole = function (value) {
  return decimal(value, 0);
};

// The unit of amounts, as pipeline/wording/number_format.py has it: 万元, whole; in English millions, two decimals.
const inChinese = function () {
  return document.documentElement.lang.startsWith("zh");
};

// A filter of money is asked in the unit in which the column shows it.
window.dashAgGridFunctions.moneyUnitsOf = function (value) {
  return value === null || value === undefined ? null : value / (inChinese() ? 1e4 : 1e6);
};

window.dashAgGridFunctions.inMoneyUnit = function (value) {
  return decimal(window.dashAgGridFunctions.moneyUnitsOf(value), inChinese() ? 0 : 2);
};

window.dashAgGridFunctions.hundredfold = function (value) {
  return value === null || value === undefined ? null : value * 100;
};

// Numbers that are texts, "2" before "21"; refused files, "R2", behind them.
window.dashAgGridFunctions.byNumber = function (one, other) {
  return String(one).localeCompare(String(other), "en", {numeric: true});
};

window.dashAgGridFunctions.oneDecimal = function (value) {
  return decimal(value, 1);
};

window.dashAgGridFunctions.twoDecimals = function (value) {
  return decimal(value, 2);
};

// What moved: +3.2, −1.4; what rounds to nought has no sign.
window.dashAgGridFunctions.signedDecimal = function (value) {
  const text = decimal(value, 1);
  return value > 0 && /[1-9]/.test(text) ? "+" + text : text;
};

window.dashAgGridFunctions.inPercent = function (value) {
  return value === null || value === undefined ? "" : decimal(100 * value, 1) + "%";
};

window.dashAgGridFunctions.signed = function (value) {
  return value === null || value === undefined ? "" : (value > 0 ? "+" : "") + decimal(value, 1);
};

// A cell that leads to a page of the board; a click stays inside the page.
window.dashAgGridComponentFunctions.PageLink = function (props) {
  if (!props.value) return null;
  const address = props.data[props.addressField || "address"];
  return React.createElement(
    "a",
    {
      href: address,
      className: "cell-link",
      tabIndex: -1, // Enter in a cell of the row follows it
      onClick: function (event) {
        if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
        event.preventDefault();
        window.history.pushState({}, "", address);
        window.dispatchEvent(new CustomEvent("_dashprivate_pushstate"));
        window.scrollTo(0, 0);
      },
    },
    props.value
  );
};

// Points as a short bar with its number.
window.dashAgGridComponentFunctions.PointsBar = function (props) {
  if (props.value === null || props.value === undefined) return null;
  const share = Math.max(0, Math.min(100, props.value));
  return React.createElement(
    "div",
    {className: "points-cell"},
    React.createElement("span", {className: "points-number"}, decimal(props.value, 1)),
    React.createElement(
      "span",
      {className: "points-track", "aria-hidden": true},
      React.createElement("span", {className: "points-fill", style: {width: share + "%"}})
    )
  );
};

// A word in a coloured pill; the column says which colour belongs to which word.
window.dashAgGridComponentFunctions.Pill = function (props) {
  if (!props.value) return null;
  const tone = (props.tones || {})[props.value] || "plain";
  return React.createElement("span", {className: "pill pill-" + tone}, props.value);
};
