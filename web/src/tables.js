// tables.js - a table that is wider or higher than its place says so, and takes the keyboard's focus only then.

function mark() {
  document.querySelectorAll('.scroll').forEach((place) => {
    const isWide = place.scrollWidth > place.clientWidth + 1;
    place.classList.toggle('wide', isWide);
    if (isWide || place.scrollHeight > place.clientHeight + 1) place.tabIndex = 0;
    else place.removeAttribute('tabindex');
  });
}

export function keepMarked() {
  mark();
  window.addEventListener('resize', mark);
  document.addEventListener('toggle', mark, true);
}
