// navigation.js - what is folded opens for a link that leads into it, and for paper.

// What a link leads to may be in folds within folds.
function reveal() {
  const target = document.getElementById(location.hash.slice(1));
  for (let fold = target?.closest('details'); fold; fold = fold.parentElement.closest('details')) fold.open = true;
  if (target?.closest('details')) target.scrollIntoView();
}

function unfold() {
  document.querySelectorAll('details').forEach((details) => { details.open = true; });
}

export function followLinks() {
  reveal();
  window.addEventListener('hashchange', reveal);
  window.addEventListener('beforeprint', unfold);
}
