(function () {
  "use strict";
  var table = document.getElementById("table");
  var body = table.tBodies[0];
  var heads = Array.prototype.slice.call(table.tHead.rows[0].cells);
  var columns = heads.map(function (head) { return Number(head.dataset.column); });
  var labels = heads.map(function (head) { return head.textContent; });
  var language = table.dataset.language;
  var collator = new Intl.Collator(language, { numeric: true });
  var numbers = new Intl.NumberFormat(language === "sv" ? "sv-SE" : "en-GB", { maximumFractionDigits: 0 });
  // Columns of values; what repeats itself comes as words and where each stands.
  var data = JSON.parse(document.getElementById("rows").textContent).map(function (column) {
    return column.words ? column.at.map(function (at) { return column.words[at]; }) : column;
  });
  var all = data[0].map(function (id, index) { return index; });
  var texts = all.map(function (index) {
    return [0, 1, 2, 3, 4, 6].map(function (column) { return data[column][index]; }).join(" ").toLowerCase();
  });
  var status = document.getElementById("status");
  var selects = Array.prototype.slice.call(document.querySelectorAll("select[data-only]"));
  var chosen = document.getElementById("chosen");
  var subset = null;
  var shown = all;
  var page = 0;
  var size = 100;
  var sorted = null;
  var wait = 0;

  // Roles and labels are those of the rows that the page comes with: a narrow screen shows every row as a card.
  function cell(index, column, at) {
    var value = data[column][index];
    var made = document.createElement(column === 1 ? "th" : "td");
    made.setAttribute("role", column === 1 ? "rowheader" : "cell");
    if (column === 1) {
      made.scope = "row";
      if (table.dataset.sheets === "1") {
        var link = document.createElement("a");
        link.href = "#s-" + encodeURIComponent(data[0][index]);
        link.textContent = value;
        made.appendChild(link);
        return made;
      }
    } else {
      made.dataset.label = labels[at];
    }
    if (column === 6) { made.className = "nowrap"; }
    if (column === 5 || column > 6) { made.className = "number"; }
    made.textContent = value === null ? "" : column > 6 ? numbers.format(value) : String(value);
    return made;
  }

  function draw() {
    var part = shown.slice(page * size, (page + 1) * size).map(function (index) {
      var line = document.createElement("tr");
      line.setAttribute("role", "row");
      columns.forEach(function (column, at) { line.appendChild(cell(index, column, at)); });
      return line;
    });
    body.replaceChildren.apply(body, part);
    document.getElementById("previous").disabled = page === 0;
    document.getElementById("next").disabled = (page + 1) * size >= shown.length;
    document.getElementById("pages").hidden = shown.length <= size;
    var sought = document.getElementById("filter").value.trim();
    var said = {
      first: shown.length ? page * size + 1 : 0, last: Math.min((page + 1) * size, shown.length),
      shown: shown.length, total: all.length
    };
    status.textContent = table.dataset.status.replace(/\{(\w+)\}/g, function (whole, name) {
      return numbers.format(said[name]);
    }) + (sought ? " " + table.dataset.sought.replace("{text}", function () { return sought; }) : "");
  }

  function filter() {
    var wanted = document.getElementById("filter").value.trim().toLowerCase();
    var only = selects.filter(function (select) { return select.value; }).map(function (select) {
      var column = data[Number(select.dataset.only)];
      var word = select.value.slice(1);
      return function (index) { return column[index] === word; };
    });
    shown = (subset || all).filter(function (index) {
      return texts[index].indexOf(wanted) >= 0 && only.every(function (fits) { return fits(index); });
    });
    if (sorted) { order(); }
    page = 0;
    draw();
  }

  function order() {
    var column = data[sorted.column];
    shown = shown.slice().sort(function (one, other) {
      var a = column[one];
      var b = column[other];
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
  selects.forEach(function (select) {
    var words = Array.from(new Set(data[Number(select.dataset.only)])).sort(collator.compare);
    words.forEach(function (word) { select.add(new Option(word || select.dataset.none, "=" + word)); });
    select.addEventListener("change", filter);
  });
  document.getElementById("filter").addEventListener("input", function () {
    clearTimeout(wait);
    wait = setTimeout(filter, 100);
  });
  document.getElementById("previous").addEventListener("click", function () { page -= 1; draw(); });
  document.getElementById("next").addEventListener("click", function () { page += 1; draw(); });

  // A list elsewhere on the page that is too long to be written out is shown here.
  document.addEventListener("fardplan:subset", function (event) {
    subset = event.detail.rows;
    chosen.querySelector("span").textContent = chosen.dataset.text.replace("{label}", function () {
      return event.detail.label;
    });
    chosen.hidden = false;
    document.getElementById("filter").value = "";
    selects.forEach(function (select) { select.value = ""; });
    filter();
  });
  chosen.querySelector("button").addEventListener("click", function () {
    subset = null;
    chosen.hidden = true;
    filter();
    document.getElementById("filter").focus();
  });

  document.getElementById("tools").hidden = false;
  var first = document.getElementById("first-rows");
  if (first) { first.hidden = true; }
  draw();
  table.dataset.ready = "1";
  window.fardplan = { data: data };
})();
