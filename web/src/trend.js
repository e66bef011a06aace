// trend.js - says beside a picture what the nearest point is: under the pointer, and by the arrow keys.
//
// The page reads without this script: points have titles, and a table below each picture has all values.

import { keepMarked } from './tables.js';

function follow(figure) {
  const points = [...figure.querySelectorAll('.point')];
  if (points.length === 0) return;
  const drawing = figure.querySelector('svg');
  const output = document.createElement('output');
  figure.append(output);
  figure.tabIndex = 0;
  figure.setAttribute('aria-label', `${drawing.querySelector('title').textContent}; arrow keys read its points`);
  let chosen = -1;

  function choose(next) {
    points[chosen]?.classList.remove('chosen');
    chosen = Math.max(0, Math.min(points.length - 1, next));
    points[chosen].classList.add('chosen');
    output.textContent = points[chosen].textContent;
  }

  drawing.addEventListener('pointermove', (event) => {
    const distances = points.map((point) => {
      const box = point.getBoundingClientRect();
      return Math.abs(box.x + box.width / 2 - event.clientX);
    });
    choose(distances.indexOf(Math.min(...distances)));
  });
  figure.addEventListener('keydown', (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    choose(chosen + step);
  });
}

document.querySelectorAll('figure.drawing').forEach(follow);
keepMarked();
