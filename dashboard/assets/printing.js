// A plot keeps the size it was drawn in; on paper it must fit the page. Before printing the page takes the width of A4
// (dashboard.css, html.printing) and each plot is drawn anew, less high; afterwards all is as it was.
(function () {
  const SHARE_OF_HEIGHT = 0.62;
  const LEAST_HEIGHT_PX = 135;

  function sizes(font, ticks) {
    return {"font.size": font, "xaxis.tickfont.size": ticks, "yaxis.tickfont.size": ticks};
  }

  function plots() {
    return window.Plotly ? Array.from(document.querySelectorAll(".js-plotly-plot")) : [];
  }

  window.addEventListener("beforeprint", function () {
    if (document.documentElement.classList.contains("printing")) return;
    document.documentElement.classList.add("printing");
    plots().forEach(function (plot) {
      const frame = plot.parentElement;
      const full = frame.clientHeight;
      const height = Math.max(Math.round(full * SHARE_OF_HEIGHT), Math.min(full, LEAST_HEIGHT_PX));
      frame.dataset.height = frame.style.height;
      frame.style.height = height + "px";
      const size = {width: frame.clientWidth, height: height, autosize: false};
      window.Plotly.relayout(plot, {...size, ...sizes(10, 9)});
    });
  });

  window.addEventListener("afterprint", function () {
    document.documentElement.classList.remove("printing");
    plots().forEach(function (plot) {
      const frame = plot.parentElement;
      if (frame.dataset.height) frame.style.height = frame.dataset.height;
      delete frame.dataset.height;
      const size = {width: null, height: null, autosize: true};
      window.Plotly.relayout(plot, {...size, ...sizes(13, 12)}).then(function () {
        window.Plotly.Plots.resize(plot);
      });
    });
  });
})();
