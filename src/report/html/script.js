"use strict";
(() => {
  const table = document.querySelector("#modems table");
  const body = table.tBodies[0];
  const rows = [...body.rows];

  // Sorting: numbers by their value, names so that gw-2 comes before gw-10; what is empty comes last.
  const collator = new Intl.Collator("en", { numeric: true });
  const value = (row, column) => {
    const cell = row.cells[column];
    return cell.dataset.v === undefined ? cell.textContent : Number(cell.dataset.v);
  };
  const compare = (a, b) => (typeof a === "number" && typeof b === "number" ? a - b : collator.compare(a, b));
  const sort = (head, column) => {
    const down = head.getAttribute("aria-sort") === "ascending";
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const keyed = rows.map((row, place) => ({ key: value(row, column), place, row }));
    keyed.sort((a, b) => {
      if ((a.key === "") !== (b.key === "")) return a.key === "" ? 1 : -1;
      return (down ? compare(b.key, a.key) : compare(a.key, b.key)) || a.place - b.place;
    });
    body.append(...keyed.map(({ row }) => row));
  };
  [...table.tHead.rows[0].cells].forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    button.addEventListener("click", () => sort(head, column));
    head.replaceChildren(button);
  });

  // Filtering: every word must stand somewhere in the row; statuses that are pressed are shown, all if none is.
  const filter = document.querySelector("#filter");
  const input = filter.querySelector("input");
  const output = filter.querySelector("output");
  const chips = filter.querySelector(".chips");
  const pressed = new Set();
  const texts = rows.map((row) => row.textContent.toLowerCase());
  const apply = () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    rows.forEach((row, place) => {
      const fits = pressed.size === 0 || pressed.has(row.dataset.status);
      const keep = fits && words.every((word) => texts[place].includes(word));
      row.hidden = !keep;
      shown += keep;
    });
    output.textContent = shown === rows.length ? "" : `${shown} of ${rows.length}`;
  };
  const statuses = new Set(rows.map((row) => row.dataset.status));
  for (const status of statuses.size > 1 ? statuses : []) {
    const chip = document.createElement("button");
    chip.type = "button";
    chip.className = status;
    chip.textContent = status;
    chip.setAttribute("aria-pressed", "false");
    chip.addEventListener("click", () => {
      if (!pressed.delete(status)) pressed.add(status);
      chip.setAttribute("aria-pressed", String(pressed.has(status)));
      apply();
    });
    chips.append(chip);
  }
  input.addEventListener("input", apply);
  filter.hidden = rows.length < 2;

  // A link to a modem opens it.
  const open = () => {
    const modem = location.hash.startsWith("#m-") && document.getElementById(location.hash.slice(1));
    if (modem) {
      modem.open = true;
      modem.scrollIntoView();
    }
  };
  addEventListener("hashchange", open);
  open();
})();
