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

  function entry(what, said) {
    return "  - {" + what + ", by: " + quoted(who.value) + ", date: " + day.value + ", why: " + quoted(said.why) +
      (said.expires ? ", expires: " + said.expires : "") + "}";
  }

  function record(key, file) { return "{key: " + quoted(key) + ", file: " + quoted(file) + "}"; }

  function days(said) {
    return [said.low, said.likely, said.high].filter(function (text) { return text; }).map(Number);
  }

  function has_order(numbers) {
    return numbers.every(function (number, at) { return at === 0 || numbers[at - 1] <= number; });
  }

  function review() {
    var parts = { matches: [], overrides: [], pins: [] };
    Object.keys(decided).sort().forEach(function (key) {
      var said = decided[key];
      var system = "system: " + quoted(said.system || "");
      if (said.decision) {
        parts.matches.push(entry("records: [" + record(said.leftKey, said.leftFile) + ", " +
          record(said.rightKey, said.rightFile) + "], table: " + said.table + ", decision: " + said.decision, said));
      }
      if (said.disposition) { parts.overrides.push(entry(system + ", disposition: " + said.disposition, said)); }
      var work = days(said);
      if (work.length) {
        parts.overrides.push(entry(system + ", effort_days: {low: " + work[0] + ", likely: " + work[1] +
          ", high: " + work[2] + "}", said));
      }
      if (said.quarter) { parts.pins.push(entry(system + ", quarter: " + said.quarter, said)); }
    });
    return Object.keys(parts).reduce(function (lines, name) {
      return lines.concat(parts[name].length ? [name + ":"] : [], parts[name]);
    }, ["format: fardplan-review/1"]).join("\n") + "\n";
  }

  function weigh() {
    var all = Object.keys(decided).map(function (key) { return decided[key]; }).filter(function (said) {
      return said.decision || said.disposition || said.quarter || days(said).length;
    });
    var ready = all.filter(function (said) {
      var numbers = days(said);
      return said.why.trim() && (numbers.length === 0 || (numbers.length === 3 && has_order(numbers)));
    });
    save.disabled = !(ready.length && ready.length === all.length && who.value.trim() && day.value);
    document.getElementById("review-status").textContent = bar.dataset.status
      .replace("{ready}", ready.length).replace("{total}", all.length);
  }

  // What is decided in a form is about what its `subject` says.
  function attend(form, key, subject) {
    form.addEventListener("input", function () {
      var said = Object.assign({}, subject);
      form.querySelectorAll("[data-field]").forEach(function (field) { said[field.dataset.field] = field.value; });
      decided[key] = said;
      weigh();
    });
  }

  function ask(card) {
    if (!card.open || card.querySelector(".decide")) { return; }
    var form = document.getElementById("review-form").content.cloneNode(true).firstElementChild;
    var system = decodeURIComponent(card.id.slice(2));
    attend(form, "s " + system, { system: system });
    card.querySelector(".body").appendChild(form);
  }

  // The event does not bubble, but it can be caught on its way down; cards may be drawn later.
  document.addEventListener("toggle", function (event) {
    if (event.target.matches("details.card[id^='s-']")) { ask(event.target); }
  }, true);
  document.querySelectorAll("details.card[id^='s-'][open]").forEach(ask);
  document.querySelectorAll("[data-left-key]").forEach(function (form, at) {
    form.hidden = false;
    attend(form, "m " + at, form.dataset);
  });
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
