"use strict";
(() => {
  const table = document.getElementById("ways");
  const body = table.tBodies[0];
  const rows = [...body.rows].filter((row) => row.id);
  const filter = document.getElementById("filter");
  const working = document.getElementById("only-working");
  const admins = document.getElementById("only-admins");
  const count = document.getElementById("count");
  const order = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

  const show = () => {
    const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const row of rows) {
      const text = row.textContent.toLowerCase();
      const fits = words.every((word) => text.includes(word))
        && (!working.checked || row.classList.contains("works"))
        && (!admins.checked || row.classList.contains("admin"));
      row.hidden = !fits;
      shown += fits ? 1 : 0;
    }
    count.textContent = `${shown} of ${rows.length} shown`;
  };

  const sort = (heading, column) => {
    const down = heading.getAttribute("aria-sort") === "ascending";
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    heading.setAttribute("aria-sort", down ? "descending" : "ascending");
    const text = (row) => row.cells[column].textContent.trim();
    const sorted = [...rows].sort((a, b) => order.compare(text(a), text(b)));
    body.append(...(down ? sorted.reverse() : sorted));
  };

  [...table.tHead.rows[0].cells].forEach((heading, column) => {
    const button = heading.firstElementChild;
    button.disabled = false;
    button.addEventListener("click", () => sort(heading, column));
  });
  const unhide = () => {
    const row = document.getElementById(location.hash.slice(1));
    if (row && row.hidden) {
      filter.value = "";
      working.checked = admins.checked = false;
      show();
    }
    if (row && rows.includes(row)) row.focus();
  };
  for (const control of [filter, working, admins]) control.addEventListener("input", show);
  window.addEventListener("hashchange", unhide);
  document.getElementById("tools").hidden = false;
  show();
})();
