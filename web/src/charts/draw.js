// draw.js - puts charts into their places on a page, and draws them again when the page changes.
//
// A place is <figure data-chart=NAME data-subject=N hidden>.  A page hands over the table of its charts:
// NAME: { title, text, make(theme, model) }, where `make` returns the options of ECharts with `note` and `height`
// beside them, or false if there is nothing to draw.  `draw(place, theme, model)` is for charts that are not ECharts'.
import * as echarts from 'echarts/core';
import { BarChart, LineChart } from 'echarts/charts';
import { GridComponent, LegendComponent, MarkAreaComponent, TooltipComponent } from 'echarts/components';
import { SVGRenderer } from 'echarts/renderers';
import { theme } from './theme.js';

echarts.use([BarChart, LineChart, GridComponent, LegendComponent, MarkAreaComponent, TooltipComponent, SVGRenderer]);

const dark = window.matchMedia('(prefers-color-scheme: dark)');
const calm = window.matchMedia('(prefers-reduced-motion: reduce)');
const drawn = [];

// A place for a chart gets its caption and its description when the chart is drawn.
function place(figure, title, text) {
  if (!figure.firstChild) {
    const caption = document.createElement('figcaption');
    caption.append(Object.assign(document.createElement('h4'), { textContent: title }),
      Object.assign(document.createElement('p'), { textContent: text }));
    figure.append(caption, Object.assign(document.createElement('div'), { className: 'chart' }));
  }
  figure.querySelector('figcaption p').textContent = text;
  const element = figure.querySelector('.chart');
  element.setAttribute('role', 'img');
  element.setAttribute('aria-label', `${title}: ${text} The figures are in the tables.`);
  return element;
}

function drawOne(kinds, models, figure, isFirst) {
  const t = theme();
  const { make, draw, title, text } = kinds[figure.dataset.chart];
  const { note, height, ...option } = make(t, models[Number(figure.dataset.subject)]) || { note: null };
  figure.hidden = note === null;
  if (figure.hidden) return;
  const element = place(figure, title, note ? `${text} ${note}` : text);
  if (draw) {
    draw(t, element, option);
    return;
  }
  element.style.height = height ? `${Math.max(240, height)}px` : '';
  const chart = echarts.init(element, null, { renderer: 'svg' });
  chart.setOption({ animation: isFirst && !calm.matches, animationDuration: 500,
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily }, ...option });
  drawn.push(chart);
}

function drawAll(kinds, models, isFirst) {
  drawn.splice(0).forEach((chart) => chart.dispose());
  document.querySelectorAll('figure[data-chart]').forEach((figure) => drawOne(kinds, models, figure, isFirst));
}

export function keepDrawn(kinds, models) {
  drawAll(kinds, models, true);
  for (const [target, event] of [[dark, 'change'], [window, 'resize'], [window, 'beforeprint'], [window, 'afterprint']])
    target.addEventListener(event, () => drawAll(kinds, models, false));
}
