(function () {
  "use strict";
  // Decisions of a reviewer: kept in this page alone, and taken along as a file for `fardplan review apply`.
  var bar = document.getElementById("review");
  if (!bar) { return; }
  var decided = {};
  var save = document.getElementById("review-save");
  var who = document.getElementById("review-by");
  var day = document.getElementById("review-date");
  day.value = new Date().toISOString().slice(0, 10);
  bar.hidden = false;

  function quoted(text) { return JSON.stringify(text.replace(/\s+/g, " ").trim()); }

  function line(system, subject, value, said) {
    return "  - {system: " + quoted(system) + ", " + subject + ": " + value + ", by: " + quoted(who.value) +
      ", date: " + day.value + ", why: " + quoted(said.why) + (said.expires ? ", expires: " + said.expires : "") + "}";
  }

  function review() {
    var overrides = [];
    var pins = [];
    Object.keys(decided).sort().forEach(function (system) {
      var said = decided[system];
      if (said.disposition) { overrides.push(line(system, "disposition", said.disposition, said)); }
      if (said.quarter) { pins.push(line(system, "quarter", said.quarter, said)); }
    });
    return ["format: fardplan-review/1"].concat(overrides.length ? ["overrides:"] : [], overrides,
      pins.length ? ["pins:"] : [], pins).join("\n") + "\n";
  }

  function weigh() {
    var all = Object.keys(decided).map(function (system) { return decided[system]; })
      .filter(function (said) { return said.disposition || said.quarter; });
    var ready = all.filter(function (said) { return said.why.trim(); });
    save.disabled = !(ready.length && ready.length === all.length && who.value.trim() && day.value);
    document.getElementById("review-status").textContent = bar.dataset.status
      .replace("{ready}", ready.length).replace("{total}", all.length);
  }

  function ask(card) {
    if (!card.open || card.querySelector(".decide")) { return; }
    var form = document.getElementById("review-form").content.cloneNode(true).firstElementChild;
    var system = decodeURIComponent(card.id.slice(2));
    form.addEventListener("input", function () {
      var said = {};
      form.querySelectorAll("[data-field]").forEach(function (field) { said[field.dataset.field] = field.value; });
      decided[system] = said;
      weigh();
    });
    card.querySelector(".body").appendChild(form);
  }

  // The event does not bubble, but it can be caught on its way down; cards may be drawn later.
  document.addEventListener("toggle", function (event) {
    if (event.target.matches("details.card[id^='s-']")) { ask(event.target); }
  }, true);
  document.querySelectorAll("details.card[id^='s-'][open]").forEach(ask);
  bar.addEventListener("input", weigh);
  save.addEventListener("click", function () {
    var link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([review()], { type: "application/yaml" }));
    link.download = "review.yaml";
    link.click();
    URL.revokeObjectURL(link.href);
  });
  weigh();
})();
