// navigation.js - the contents say where the reader is, and what is folded opens for a link that leads into it.

// What a link leads to may be in folds within folds.
function reveal() {
  const target = document.getElementById(location.hash.slice(1));
  for (let fold = target?.closest('details'); fold; fold = fold.parentElement.closest('details')) fold.open = true;
  if (target?.closest('details')) target.scrollIntoView();
}

// The current link is moved into sight, along the contents alone.
function show(link) {
  const list = link.closest('ul');
  const middle = link.parentElement.offsetLeft + link.offsetWidth / 2 - list.offsetLeft;
  list.scrollLeft = middle - list.clientWidth / 2;
}

// The current section is the last one that begins in the upper fifth of the window or above; at the end of the page the last.
function currentOf(sections) {
  const { scrollHeight } = document.documentElement;
  if (window.scrollY > 0 && window.scrollY + window.innerHeight >= scrollHeight - 2) return sections.at(-1);
  return sections.filter((section) => section.getBoundingClientRect().top <= window.innerHeight / 5).at(-1);
}

function keepCurrent() {
  const links = new Map([...document.querySelectorAll('nav a[href^="#"]')].map((link) => [link.hash.slice(1), link]));
  const sections = [...document.querySelectorAll('section')].filter((section) => links.has(section.querySelector('h2')?.id));
  let shown = null;
  const mark = () => {
    const link = links.get(currentOf(sections)?.querySelector('h2').id) ?? null;
    if (link === shown) return;
    shown?.removeAttribute('aria-current');
    link?.setAttribute('aria-current', 'true');
    if (link) show(link);
    shown = link;
  };
  mark();
  window.addEventListener('scroll', mark, { passive: true });
}

export function followLinks() {
  reveal();
  keepCurrent();
  window.addEventListener('hashchange', reveal);
}
