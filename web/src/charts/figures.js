// figures.js - the table behind a chart.
import { element } from '../element.js';

// `columns`: [title, unit]; `rows`: a name, then figures as text.
function tableOf(columns, rows) {
  const head = columns.map(([title, unit], i) => element('th', { scope: 'col', class: i > 0 && 'number' }, title,
    ...(unit ? [' ', element('small', {}, unit)] : [])));
  const body = rows.map(([name, ...values]) => element('tr', {}, element('th', { scope: 'row', dir: 'auto' }, name),
    ...values.map((value) => element('td', { class: 'number' }, value))));
  return element('table', {}, element('thead', {}, element('tr', {}, ...head)), element('tbody', {}, ...body));
}

export function figuresOf(title, { columns, rows }) {
  return element('details', {}, element('summary', {}, 'Figures of this chart'),
    element('div', { class: 'scroll', tabindex: 0, role: 'group', 'aria-label': `Figures: ${title}` }, tableOf(columns, rows)));
}
