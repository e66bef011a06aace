// draw.js - puts charts into their places on a page, and draws them again when the page changes.
//
// A place is <figure data-chart=NAME data-subject=N hidden>.  A page hands over the table of its charts,
//   NAME: { title, text, make(theme, model) }
// where `make` returns false if there is nothing to draw, or the options of ECharts with these beside them:
//   says     what is seen, in a sentence or two: the text alternative
//   figures  { columns, rows } of the table behind it (figures.js)
//   note     what a reader must know of this one, or nothing
//   height   in pixels, or nothing
// A chart that is not ECharts' has `draw(theme, element, what make returned)` too.
import * as echarts from 'echarts/core';
import { BarChart, LineChart } from 'echarts/charts';
import { GridComponent, LegendComponent, MarkAreaComponent, TooltipComponent } from 'echarts/components';
import { SVGRenderer } from 'echarts/renderers';

import { element } from '../element.js';
import { figuresOf } from './figures.js';
import { probeOf } from './probe.js';
import { legendOf } from './signs.js';
import { theme } from './theme.js';

echarts.use([BarChart, LineChart, GridComponent, LegendComponent, MarkAreaComponent, TooltipComponent, SVGRenderer]);

const dark = window.matchMedia('(prefers-color-scheme: dark)');
const calm = window.matchMedia('(prefers-reduced-motion: reduce)');
const drawn = [];

function drawChart(place, title, made, isFirst) {
  const { says, height, note, figures, ...option } = made;
  place.setAttribute('role', 'img');
  place.setAttribute('aria-label', `Chart, ${title}: ${says} The figures are in the table below it.`);
  place.style.height = height ? `${Math.max(190, height)}px` : '';
  const chart = echarts.init(place, null, { renderer: 'svg' });
  chart.setOption({ animation: isFirst && !calm.matches, animationDuration: 500, legend: { show: false },
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily }, ...option });
  drawn.push(chart);
  if (option.series.length > 1) place.before(legendOf(chart, option.series));
  if (option.series[0].type === 'line') place.after(probeOf(chart, option.grid, title));
}

function drawOne(kinds, models, figure, isFirst) {
  const t = theme();
  const { make, draw, title, text } = kinds[figure.dataset.chart];
  const made = make(t, models[Number(figure.dataset.subject)]);
  figure.hidden = !made;
  if (!made) return;
  const isOpen = figure.querySelector(':scope > details')?.open;
  const place = element('div', { class: 'chart' });
  figure.replaceChildren(element('figcaption', {}, element('strong', {}, title),
    element('p', {}, made.note ? `${text} ${made.note}` : text)), place);
  if (draw) draw(t, place, made);
  else drawChart(place, title, made, isFirst);
  if (made.figures) figure.append(figuresOf(title, made.figures));
  if (isOpen) figure.querySelector(':scope > details').open = true;
}

function drawAll(kinds, models, isFirst) {
  drawn.splice(0).forEach((chart) => chart.dispose());
  document.querySelectorAll('figure[data-chart]').forEach((figure) => drawOne(kinds, models, figure, isFirst));
}

// Phones report a new height of the window whenever their bars come and go; only the width matters.
let width = 0;

function isResized() {
  const before = width;
  width = document.documentElement.clientWidth;
  return before !== width;
}

export function keepDrawn(kinds, models) {
  const again = () => drawAll(kinds, models, false);
  const onPaper = (isPaper) => () => {
    document.documentElement.classList.toggle('paper', isPaper);
    again();
  };
  isResized();
  drawAll(kinds, models, true);
  dark.addEventListener('change', again);
  window.addEventListener('resize', () => isResized() && again());
  window.addEventListener('beforeprint', onPaper(true));
  window.addEventListener('afterprint', onPaper(false));
}
