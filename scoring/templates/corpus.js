"use strict";
(() => {
  const table = document.getElementById("articles");
  const heads = [...table.tHead.rows[0].cells].filter((cell) => cell.querySelector("button"));
  const value = (row, column) => row.cells[column].textContent.trim();
  heads.forEach((head, column) => head.querySelector("button").addEventListener("click", () => {
    const down = head.getAttribute("aria-sort") === "ascending";
    for (const other of heads) other.setAttribute("aria-sort", "none");
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const numeric = head.classList.contains("num");
    const number = (row) => { const x = parseFloat(value(row, column).replace("−", "-")); return isNaN(x) ? -Infinity : x; };
    const rows = [...table.tBodies[0].rows].sort((a, b) =>
      numeric ? number(a) - number(b) : value(a, column).localeCompare(value(b, column)));
    table.tBodies[0].append(...(down ? rows.reverse() : rows));
  }));
  document.getElementById("theme").addEventListener("click", () => {
    const root = document.documentElement;
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
  });
})();
