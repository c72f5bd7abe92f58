(function () {
  "use strict";
  var rows = JSON.parse(document.getElementById("rows").textContent);
  var table = document.getElementById("table");
  var body = table.tBodies[0];
  var heads = Array.prototype.slice.call(table.tHead.rows[0].cells);
  var columns = heads.map(function (head) { return Number(head.dataset.column); });
  var language = table.dataset.language;
  var collator = new Intl.Collator(language, { numeric: true });
  var numbers = new Intl.NumberFormat(language === "sv" ? "sv-SE" : "en-GB", { maximumFractionDigits: 0 });
  var texts = rows.map(function (row) { return row.join(" ").toLowerCase(); });
  var all = rows.map(function (row, index) { return index; });
  var shown = all;
  var page = 0;
  var size = 100;
  var sorted = null;
  var wait = 0;

  function cell(row, column) {
    var value = row[column];
    var made = document.createElement(column === 1 ? "th" : "td");
    if (column === 1) {
      made.scope = "row";
      if (table.dataset.cards === "1") {
        var link = document.createElement("a");
        link.href = "#s-" + encodeURIComponent(row[0]);
        link.textContent = value;
        made.appendChild(link);
        return made;
      }
    }
    if (column === 6) { made.className = "nowrap"; }
    if (column === 5 || column > 6) { made.className = "number"; }
    made.textContent = value === null ? "" : column > 6 ? numbers.format(value) : String(value);
    return made;
  }

  function draw() {
    var part = shown.slice(page * size, (page + 1) * size).map(function (index) {
      var line = document.createElement("tr");
      columns.forEach(function (column) { line.appendChild(cell(rows[index], column)); });
      return line;
    });
    body.replaceChildren.apply(body, part);
    document.getElementById("previous").disabled = page === 0;
    document.getElementById("next").disabled = (page + 1) * size >= shown.length;
    document.getElementById("pages").hidden = shown.length <= size;
    document.getElementById("status").textContent = table.dataset.status
      .replace("{first}", shown.length ? page * size + 1 : 0)
      .replace("{last}", Math.min((page + 1) * size, shown.length))
      .replace("{shown}", shown.length).replace("{total}", rows.length);
  }

  function filter() {
    var wanted = document.getElementById("filter").value.trim().toLowerCase();
    shown = all.filter(function (index) { return texts[index].indexOf(wanted) >= 0; });
    if (sorted) { order(); }
    page = 0;
    draw();
  }

  function order() {
    var column = sorted.column;
    shown = shown.slice().sort(function (one, other) {
      var a = rows[one][column];
      var b = rows[other][column];
      if (a === b) { return one - other; }
      if (a === null || a === "") { return 1; }
      if (b === null || b === "") { return -1; }
      var result = typeof a === "number" ? a - b : collator.compare(a, b);
      return sorted.up ? result : -result;
    });
  }

  heads.forEach(function (head, at) {
    var button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    head.replaceChildren(button);
    button.addEventListener("click", function () {
      sorted = { column: columns[at], up: !(sorted && sorted.column === columns[at] && sorted.up) };
      heads.forEach(function (other) { other.removeAttribute("aria-sort"); });
      head.setAttribute("aria-sort", sorted.up ? "ascending" : "descending");
      order();
      page = 0;
      draw();
    });
  });
  document.getElementById("filter").addEventListener("input", function () {
    clearTimeout(wait);
    wait = setTimeout(filter, 100);
  });
  document.getElementById("previous").addEventListener("click", function () { page -= 1; draw(); });
  document.getElementById("next").addEventListener("click", function () { page += 1; draw(); });
  document.getElementById("tools").hidden = false;

  function reveal(name) {
    var target = name && document.getElementById(name);
    var folded = target && target.closest("details");
    if (folded && !folded.open) {
      folded.open = true;
      target.scrollIntoView();
    }
  }
  // A link to where one already is changes no address, so links are heard themselves.
  document.addEventListener("click", function (event) {
    var link = event.target.closest("a");
    if (link) { reveal(link.hash.slice(1)); }
  });
  window.addEventListener("hashchange", function () { reveal(location.hash.slice(1)); });
  reveal(location.hash.slice(1));
  draw();

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

  document.querySelectorAll("details.card").forEach(function (card) {
    card.addEventListener("toggle", function () {
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
    });
    if (card.open) { card.dispatchEvent(new Event("toggle")); }
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
