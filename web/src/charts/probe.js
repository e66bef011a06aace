// probe.js - the values at one place of a chart, for those who have no pointer: a slider that arrow keys or a finger move.
import { element } from '../element.js';

const STEPS = 100;

// `grid`: the margins of the chart's plot.
export function probeOf(chart, grid, title) {
  const input = element('input', { type: 'range', min: 0, max: STEPS, value: 0, 'aria-label': `Values along the chart: ${title}`,
    'aria-valuetext': 'not placed yet' });
  const show = () => {
    const x = grid.left + (input.value / STEPS) * (chart.getWidth() - grid.left - grid.right);
    chart.dispatchAction({ type: 'showTip', x, y: (grid.top + chart.getHeight() - grid.bottom) / 2 });
    const tip = chart.getDom().querySelector('.tip');
    input.setAttribute('aria-valuetext', tip ? tip.innerText.trim().replace(/\s*\n\s*/g, '; ') : 'nothing');
  };
  input.addEventListener('input', show);
  input.addEventListener('focus', () => input.matches(':focus-visible') && show());
  input.addEventListener('blur', () => chart.dispatchAction({ type: 'hideTip' }));
  return element('label', { class: 'probe' }, 'Values at', input);
}
