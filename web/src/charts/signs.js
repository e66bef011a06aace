// signs.js - what tells series apart besides their hue: a sign at the end of a line, and the names that hide and show them.
import { element } from '../element.js';

// Paths in a square of 12.
const SIGNS = [
  'M6,1a5,5 0 1,0 .01,0z', // circle
  'M1.5,1.5h9v9h-9z', // square
  'M6,1l5.5,9.5h-11z', // triangle
  'M6,0l6,6l-6,6l-6,-6z', // diamond
  'M4.3,.5h3.4v3.8h3.8v3.4h-3.8v3.8h-3.4v-3.8h-3.8v-3.4h3.8z', // plus
  'M6,11l5.5,-9.5h-11z', // triangle that points down
  'M3,.6l3,3l3,-3l2.4,2.4l-3,3l3,3l-2.4,2.4l-3,-3l-3,3l-2.4,-2.4l3,-3l-3,-3z', // cross
  'M3,1h6l3,5l-3,5h-6l-3,-5z', // hexagon
  'M0,3.5h12v5h-12z', // bar
];

const pathOf = (sign) => SIGNS[sign % SIGNS.length];

// A line whose last point has the sign of its series.
export function signed(line, sign) {
  const data = [...line.data];
  if (data.length > 0) data.push({ value: data.pop(), symbol: `path://${pathOf(sign)}`, symbolSize: 10 });
  return { ...line, data, sign, symbol: 'none', showSymbol: true };
}

const NS = 'http://www.w3.org/2000/svg';

function shape(tag, attributes) {
  const made = document.createElementNS(NS, tag);
  Object.entries(attributes).forEach(([name, value]) => made.setAttribute(name, value));
  return made;
}

const DASHES = { solid: 'none', dashed: '5 3', dotted: '2 2' };

function swatch(series) {
  const { color, sign, type, lineStyle, itemStyle = {} } = series;
  const svg = shape('svg', { viewBox: '0 0 24 12', 'aria-hidden': 'true' });
  if (type === 'bar') {
    svg.append(shape('rect', { x: 1, y: 1, width: 22, height: 10, rx: 2, fill: itemStyle.color ?? color,
      stroke: itemStyle.borderColor ?? color, 'stroke-width': 1.5 }));
    return svg;
  }
  svg.append(shape('path', { d: 'M0,6h24', stroke: color, 'stroke-width': 2, 'stroke-dasharray': DASHES[lineStyle.type] }));
  if (sign !== undefined) svg.append(shape('path', { d: pathOf(sign), fill: color, transform: 'translate(6,0)' }));
  return svg;
}

// Series of one name are hidden and shown together.
export function legendOf(chart, series) {
  const names = new Map();
  series.forEach((one) => names.has(one.name) || names.set(one.name, one));
  const choose = (name) => ({ currentTarget }) => {
    const isShown = currentTarget.getAttribute('aria-pressed') !== 'true';
    currentTarget.setAttribute('aria-pressed', isShown);
    chart.dispatchAction({ type: isShown ? 'legendSelect' : 'legendUnSelect', name });
  };
  return element('ul', { class: 'legend', 'aria-label': 'Series; press to hide or show' }, ...[...names].map(([name, one]) =>
    element('li', {}, element('button', { type: 'button', 'aria-pressed': 'true', click: choose(name) },
      swatch(one), element('span', { dir: 'auto', title: name }, name)))));
}
