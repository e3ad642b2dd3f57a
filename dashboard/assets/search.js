// The search in the head of every page: Ctrl+K leads to it, the arrows through what it found, Enter to the first of that;
// Escape, and following a link, leave it.
(function () {
  const field = () => document.getElementById("everywhere");
  const links = () => [...document.querySelectorAll("#everywhere-found a")];

  function leave() {
    if (!field()) return;
    if (field().value) {  // also what was typed a moment ago, which waits to be asked
      Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set.call(field(), "");
      field().dispatchEvent(new Event("input", {bubbles: true}));
    }
    window.dash_clientside.set_props("everywhere", {value: ""});
    if (document.activeElement && document.activeElement.closest(".everywhere")) document.activeElement.blur();
  }

  document.addEventListener("keydown", function (event) {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k" && field()) {
      event.preventDefault();
      field().focus();
      field().select();
      return;
    }
    if (!event.target.closest || !event.target.closest(".everywhere") || event.isComposing) return;
    const all = links(), at = all.indexOf(document.activeElement);
    if (event.key === "ArrowDown" && all.length) {
      event.preventDefault();
      all[Math.min(at + 1, all.length - 1)].focus();
    } else if (event.key === "ArrowUp" && at >= 0) {
      event.preventDefault();
      (at ? all[at - 1] : field()).focus();
    } else if (event.key === "Enter" && at < 0 && all.length) {
      event.preventDefault();
      all[0].click();
    } else if (event.key === "Escape") {
      leave();
    }
  });

  // After Dash's own link has read where it leads.
  document.addEventListener("click", function (event) {
    if (event.target.closest && event.target.closest("#everywhere-found a")) setTimeout(leave, 0);
  });
})();
