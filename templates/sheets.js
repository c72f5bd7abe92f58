(function () {
  "use strict";
  var data = window.fardplan.data;
  var packed = document.getElementById("packed");
  var unpacking = null;
  var places = null;

  // Lists and sheets are unpacked when one of them is asked for first.
  function unpacked() {
    if (!unpacking) {
      var letters = atob(packed.textContent.trim());
      var bytes = new Uint8Array(letters.length);
      for (var at = 0; at < letters.length; at += 1) { bytes[at] = letters.charCodeAt(at); }
      var stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
      unpacking = new Response(stream).json().then(function (content) {
        (content.columns || []).forEach(function (column) { column.rows = column.rows.split("\n"); });
        if (content.numbers !== undefined) { content.numbers = content.numbers.split("\n"); }
        return content;
      });
    }
    return unpacking;
  }

  function make(tag, name, text) {
    var made = document.createElement(tag);
    if (name) { made.className = name; }
    if (text !== undefined) { made.textContent = text; }
    return made;
  }

  function split(line) { return line ? line.split(" ").map(Number) : []; }

  function link(index) {
    var made = make("a", "", data[1][index]);
    made.href = "#s-" + encodeURIComponent(data[0][index]);
    return made;
  }

  function sentence(item) {
    var made = make("li", "", item[0]);
    if (item[1]) { made.append(" ", make("span", "means", item[1])); }
    return made;
  }

  // Places name the rows of their files as @0;, @1;, ...: rows are each system's own, the rest is alike for many.
  function reason(item, rows) {
    var made = make("li");
    var because = make("p");
    because.append(make("strong", "", item[0]), " ", make("span", "effect", item[1]));
    var cells = item[3].replace(/@(@|(\d+);)/g, function (whole, mark, at) { return mark === "@" ? "@" : rows[at]; });
    made.append(because, make("p", "values", item[2]), make("p", "trace", cells + item[4]));
    return made;
  }

  function list(column, numbers, rows) {
    var made = make("ul", column.kind === "list" ? "" : column.kind);
    numbers.forEach(function (number) {
      var line;
      if (column.kind === "refs") {
        line = make("li");
        line.append(link(number));
      } else {
        line = column.kind === "reasons" ? reason(column.items[number], rows) : sentence(column.items[number]);
      }
      made.append(line);
    });
    return made;
  }

  function facts(column, numbers, held) {
    numbers.forEach(function (number) {
      var pair = make("div");
      pair.append(make("dt", "", column.items[number][0]), make("dd", "", column.items[number][1]));
      held.append(pair);
    });
  }

  function filled(content, index) {
    var card = document.getElementById("sheet").content.cloneNode(true).firstElementChild;
    var body = card.querySelector(".body");
    var rows = content.numbers[index].split(" ");
    card.id = "s-" + encodeURIComponent(data[0][index]);
    card.querySelector(".mark").classList.add("m-" + data[9][index]);
    card.querySelector("strong").textContent = data[1][index];
    card.querySelector(".verdict").textContent =
      [data[3][index], data[4][index], data[6][index]].filter(Boolean).join(" · ");
    card.querySelector("code").textContent = data[0][index];
    content.columns.forEach(function (column) {
      var numbers = split(column.rows[index]);
      if (column.kind === "facts") { facts(column, numbers, body.querySelector("dl")); return; }
      if (!numbers.length) { return; }
      body.append(make("h3", "", column.heading));
      if (column.kind === "text") {
        numbers.forEach(function (number) { body.append(make("p", "", column.items[number][0])); });
      } else {
        body.append(list(column, numbers, rows));
      }
    });
    return card;
  }

  function say(key) {
    var place = document.getElementById("sheet-status");
    place.textContent = key ? place.dataset[key] : "";
    if (key) { place.scrollIntoView(); }
  }

  function sheet(name) {
    if (!places) { places = new Map(data[0].map(function (id, index) { return ["s-" + encodeURIComponent(id), index]; })); }
    var index = places.get(name);
    if (index === undefined) { say("unknown"); return; }
    if (typeof DecompressionStream === "undefined") { say("old"); return; }
    unpacked().then(function (content) {
      say("");
      if (!document.getElementById(name)) {
        document.getElementById("sheets").prepend(filled(content, index));
      }
      var card = document.getElementById(name);
      card.open = true;
      card.scrollIntoView();
      card.querySelector("summary").focus({ preventScroll: true });
    });
  }

  function reveal(name) {
    var target = name && document.getElementById(name);
    var folded = target && target.closest("details");
    if (folded && !folded.open) {
      folded.open = true;
      target.scrollIntoView();
    } else if (name.slice(0, 2) === "s-" && document.getElementById("sheets")) {
      sheet(name);
    }
  }

  // What has no place in the page itself gets its address from the script that can draw it.
  document.querySelectorAll("a[data-s]").forEach(function (made) { made.href = "#s-" + made.dataset.s; });
  document.querySelectorAll("[data-list]").forEach(function (held) {
    var button = make("button", "", held.dataset.more);
    button.type = "button";
    button.addEventListener("click", function () {
      unpacked().then(function (content) {
        var detail = { rows: split(content.lists[held.dataset.list]), label: held.dataset.label };
        document.dispatchEvent(new CustomEvent("fardplan:subset", { detail: detail }));
        document.getElementById("systems").scrollIntoView();
        document.getElementById("filter").focus({ preventScroll: true });
      });
    });
    if (typeof DecompressionStream !== "undefined") { held.querySelector(".more").append(" ", button); }
  });
  ["without-script", "with-script"].forEach(function (id) {
    var told = document.getElementById(id);
    if (told) { told.hidden = id === "without-script"; }
  });

  // A link to where one already is changes no address, so links are heard themselves.
  document.addEventListener("click", function (event) {
    var link = event.target.closest("a");
    if (link) { reveal(link.hash.slice(1)); }
  });
  window.addEventListener("hashchange", function () { reveal(location.hash.slice(1)); });
  reveal(location.hash.slice(1));
})();
