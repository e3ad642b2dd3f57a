// A file input of dcc.Upload has no name of its own: it gets the words that stand on its drop zone.
new MutationObserver(function () {
  document.querySelectorAll("input[type=file]:not([aria-label])").forEach(function (input) {
    const zone = input.parentElement && input.parentElement.querySelector(".drop-zone strong");
    if (zone) input.setAttribute("aria-label", zone.textContent);
  });
}).observe(document.documentElement, {childList: true, subtree: true});
