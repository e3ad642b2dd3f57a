// A link to a part of a page (/firm/…#tutoring) goes there although the page, and what stands above the part, come later:
// the part is kept in sight until the page is at rest or its reader moves.
(function () {
  const PATIENCE_MS = 6000;
  let wanted = "", until = 0;
  function follow() {
    const part = wanted && document.getElementById(wanted);
    if (part) part.scrollIntoView({block: "start"});
    if (Date.now() > until) wanted = "";
  }
  function begin() {
    wanted = decodeURIComponent(location.hash.slice(1));
    until = Date.now() + PATIENCE_MS;
    follow();
  }
  for (const moved of ["wheel", "touchmove", "keydown", "mousedown"]) {
    addEventListener(moved, () => { wanted = ""; }, {passive: true});
  }
  addEventListener("hashchange", begin);
  addEventListener("popstate", begin);
  addEventListener("_dashprivate_pushstate", () => { if (location.hash) begin(); else wanted = ""; });
  addEventListener("DOMContentLoaded", () => {
    new ResizeObserver(() => { if (wanted) follow(); }).observe(document.body);
    new MutationObserver(() => { if (wanted) follow(); }).observe(document.body, {childList: true, subtree: true});
    begin();
  });
})();
