// "/" leads to the search of a page, or else to that in the head of every page; Enter in a cell follows the link in it, or else the link of its row.
document.addEventListener("keydown", function (event) {
  const at = event.target;
  if (event.key === "/" && !at.closest("input, textarea, select, [contenteditable=true]")) {
    const search = document.querySelector("#page input[id$=-search]") || document.getElementById("everywhere");
    if (search) {
      event.preventDefault();
      search.focus();
      search.select();
    }
  }
  if (event.key === "Enter" && at.classList && at.classList.contains("ag-cell")) {
    const row = at.closest("[row-id]").getAttribute("row-id");
    const links = at.closest(".ag-root").querySelectorAll(`[row-id="${CSS.escape(row)}"] a.cell-link`);
    const inside = at.querySelector("a.cell-link") || links[0];
    if (inside) inside.click();
  }
});
