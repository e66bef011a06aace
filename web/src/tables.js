// tables.js - a table that is wider than its place says so.

function mark() {
  document.querySelectorAll('.scroll').forEach((place) => {
    place.classList.toggle('wide', place.scrollWidth > place.clientWidth + 1);
  });
}

export function keepMarked() {
  mark();
  window.addEventListener('resize', mark);
  document.addEventListener('toggle', mark, true);
}
