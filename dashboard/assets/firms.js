// The list of firms: search and board filter without the server, and the address that leads back to what is shown.
window.dash_clientside = window.dash_clientside || {};
(function () {
  function unchanged() {
    return window.dash_clientside.no_update;
  }

  function without(model, names) {
    return Object.fromEntries(Object.entries(model || {}).filter(([name]) => !names.includes(name)));
  }

  // The words that are ticked of a category, joined by or, as AG Grid writes it.
  function anyOf(words) {
    const conditions = words.map((word) => ({filterType: "text", type: "equals", filter: word}));
    return conditions.length === 1 ? conditions[0] : {filterType: "text", operator: "OR", conditions: conditions};
  }

  function contains(text) {
    return {filterType: "text", type: "contains", filter: text};
  }

  window.dash_clientside.firms = {
    // In the browser the grid's quick filter searches; a grid that asks for its rows sends the words along.
    narrow: function (words, board, ticked, ticks, options, model, rowModel) {
      const asksForRows = rowModel === "infinite";
      const next = without(model, ["boards", "words", ...ticks.map((tick) => tick["firms-tick"])]);
      ticks.forEach(function (tick, place) {
        if (ticked[place] && ticked[place].length) next[tick["firms-tick"]] = anyOf(ticked[place]);
      });
      if (board) next.boards = contains(board + ";");
      if (asksForRows && words) next.words = contains(words);
      const same = JSON.stringify(next) === JSON.stringify(model || {});
      return [
        asksForRows || options.quickFilterText === (words || "")
          ? unchanged()
          : Object.assign({}, options, {quickFilterText: words || ""}),
        same ? unchanged() : next,
      ];
    },

    clear: function (_clicks, ticks) {
      return ["", null, ticks.map(() => []), {}];
    },

    // The address keeps search, board, filters and order, without a new entry in the history: back leads here again.
    remember: function (model, columns, words, board, rows, says) {
      const query = new URLSearchParams();
      const filters = without(model, ["boards", "words"]);
      const sorted = (columns || [])
        .filter((column) => column.sort)
        .sort((one, other) => (one.sortIndex || 0) - (other.sortIndex || 0))
        .map((column) => column.colId + "." + column.sort);
      if (words) query.set("search", words);
      if (board) query.set("board", board);
      if (sorted.length) query.set("sort", sorted.join(","));
      if (Object.keys(filters).length) query.set("filter", JSON.stringify(filters));
      if (Object.keys(filters).length && !document.documentElement.lang.startsWith("zh")) query.set("amounts", "m");
      const text = query.toString() ? "?" + query.toString() : "";
      if (window.location.pathname === "/firms" && window.location.search !== text) {
        window.history.replaceState(window.history.state, "", "/firms" + text);
      }
      const narrowed = Object.keys(filters).length || words || board;
      const left = rows && narrowed ? says.replace("{count}", rows.length.toLocaleString()) : "";
      return ["/download/firms.csv" + text, rows || !narrowed ? left : unchanged()];
    },
  };
})();
