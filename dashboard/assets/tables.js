// On a phone a table of many columns is shown as cards (dashboard.css); each cell then needs the heading it stands under.
(function () {
  let waiting = false;
  function label() {
    waiting = false;
    document.querySelectorAll(".table-scroll table").forEach(function (table) {
      const headings = Array.from(table.querySelectorAll("thead th"), (heading) => heading.textContent);
      table.querySelectorAll("tbody tr").forEach(function (row) {
        Array.from(row.cells).forEach(function (cell, place) {
          const heading = headings[place] || "";
          if (cell.dataset.label !== heading) cell.dataset.label = heading;
        });
      });
    });
  }
  new MutationObserver(function () {
    if (waiting) return;
    waiting = true;
    window.requestAnimationFrame(label);
  }).observe(document.documentElement, {childList: true, subtree: true});
})();
