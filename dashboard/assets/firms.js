// The list of firms: what search, boards and ticks ask of the grid, and the address that leads back to what is shown.
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
    // The grid asks the server for its rows; the words of the search go along as the filter of a hidden column.
    narrow: function (words, board, ticked, ticks, model) {
      const next = without(model, ["boards", "words", ...ticks.map((tick) => tick["firms-tick"])]);
      ticks.forEach(function (tick, place) {
        if (ticked[place] && ticked[place].length) next[tick["firms-tick"]] = anyOf(ticked[place]);
      });
      if (board) next.boards = contains(board + ";");
      if (words) next.words = contains(words);
      return JSON.stringify(next) === JSON.stringify(model || {}) ? unchanged() : next;
    },

    clear: function (_clicks, ticks) {
      return ["", null, ticks.map(() => []), {}];
    },

    // The address keeps search, board, filters and order, without a new entry in the history: back leads here again.
    remember: function (model, columns, words, board, more) {
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
      if (more && more.length) query.set("columns", more.join(","));
      const text = query.toString() ? "?" + query.toString() : "";
      if (window.location.pathname === "/firms" && window.location.search !== text) {
        window.history.replaceState(window.history.state, "", "/firms" + text);
      }
      return "/download/firms.csv" + text;
    },

    // The columns beside the list are there all the time; those that are chosen are shown.
    showColumns: function (chosen, all, columns) {
      const beside = (all || []).map((one) => one.value);
      return (columns || []).map((column) =>
        beside.includes(column.colId) ? {...column, hide: !(chosen || []).includes(column.colId)} : column
      );
    },

    // A kept view is an address of this page: its value has the number before the question mark.
    openView: function (value) {
      if (value) window.location.assign("/firms" + value.slice(value.indexOf("?")));
      return unchanged();
    },
  };
})();
