// The stage board: a card that is dropped on another stage, or whose button is pressed, opens the one dialog. The card
// goes back to its place first, so that the page and what the server draws agree; it moves when the server has moved it.
(function () {
  function ask(card, stage) {
    const asked = {
      case: Number(card.dataset.case),
      seen: Number(card.dataset.seen),
      stage: stage,
      at: Date.now(),
    };
    window.dash_clientside.set_props("board-asked", {data: asked});
  }

  function dropped(event) {
    const card = event.item, from = event.from, to = event.to;
    if (from === to) return;
    from.insertBefore(card, from.children[event.oldIndex] || null);
    ask(card, to.dataset.stage);
  }

  function prepare() {
    if (!window.Sortable) return;
    document.querySelectorAll(".board[data-movable] .board-column:not([data-ready])").forEach(function (column) {
      column.setAttribute("data-ready", "");
      window.Sortable.create(column, {
        group: "stages",
        draggable: ".stage-card",
        filter: "a, button",
        preventOnFilter: false,
        sort: false,
        forceFallback: true,
        fallbackTolerance: 4,
        delay: 150,
        delayOnTouchOnly: true,
        scroll: true,
        onEnd: dropped,
      });
    });
  }

  document.addEventListener("click", function (event) {
    const button = event.target.closest(".stage-card button");
    if (button) ask(button.closest(".stage-card"), null);
  });
  new MutationObserver(prepare).observe(document.documentElement, {childList: true, subtree: true});
})();
