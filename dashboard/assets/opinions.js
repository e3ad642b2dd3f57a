// A department's answers: "clean" where none is chosen yet; what is chosen stays.
window.dash_clientside = Object.assign({}, window.dash_clientside, {
  opinions: {
    restClean: (clicks, answers) =>
      clicks ? answers.map((answer) => answer || "clean") : answers.map(() => window.dash_clientside.no_update),
  },
});
