// report.js - draws the charts of a benchmark report from the data that the page carries, model by model.
//
// The page reads without this script: tables and answers are markup.  Colours come from the page's own custom
// properties, so that the charts follow light, dark and print.  Names in the data come from protocols and are text: they
// reach the page through ECharts' labels, which are SVG text, and through tooltips, which escape them here.
import * as echarts from 'echarts/core';
import { BarChart, LineChart } from 'echarts/charts';
import { GridComponent, LegendComponent, MarkAreaComponent, TooltipComponent } from 'echarts/components';
import { SVGRenderer } from 'echarts/renderers';

echarts.use([BarChart, LineChart, GridComponent, LegendComponent, MarkAreaComponent, TooltipComponent, SVGRenderer]);

// Nine hues of similar weight that stay apart for colour-blind eyes better by order than by name; lines are dashed in
// turn as a second sign.
const HUES = ['#0f7f8f', '#d9822b', '#5b6bd6', '#b3477d', '#5a9a3c', '#c2463a', '#8a6d3b', '#3b8ed0', '#7a52a8'];
const DASHES = ['solid', 'dashed', 'dotted'];

const data = JSON.parse(document.getElementById('data').textContent);
const dark = window.matchMedia('(prefers-color-scheme: dark)');
const calm = window.matchMedia('(prefers-reduced-motion: reduce)');
const drawn = [];

function theme() {
  const style = getComputedStyle(document.documentElement);
  const get = (name) => style.getPropertyValue(name).trim();
  return { ink: get('--ink'), soft: get('--soft'), line: get('--line'), card: get('--card'), accent: get('--accent') };
}

const escape = (text) => text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);

function number(value) {
  if (value === null || !Number.isFinite(value)) return '-';
  const size = Math.abs(value);
  return value.toFixed(size >= 100 || size === 0 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3);
}

function axis(t, name, more = {}) {
  return {
    type: 'value',
    name,
    nameLocation: 'middle',
    nameGap: 30,
    nameTextStyle: { color: t.soft, fontSize: 12 },
    axisLabel: { color: t.soft, hideOverlap: true },
    axisLine: { lineStyle: { color: t.line } },
    axisTick: { show: false },
    splitLine: { lineStyle: { color: t.line } },
    ...more,
  };
}

function tooltip(t, more) {
  return {
    confine: true,
    backgroundColor: t.card,
    borderColor: t.line,
    textStyle: { color: t.ink, fontSize: 13 },
    ...more,
  };
}

// Names that do not fit below a narrow chart are paged through.
const isNarrow = () => document.documentElement.clientWidth < 700;

function legend(t) {
  return { bottom: 0, type: isNarrow() ? 'scroll' : 'plain', pageTextStyle: { color: t.soft },
    pageIconColor: t.accent, pageIconInactiveColor: t.line, icon: 'path://M0,5 h24 v3 h-24 z', itemWidth: 22, itemHeight: 3,
    textStyle: { color: t.soft }, inactiveColor: t.line };
}

// More lines than this say nothing; then the first repetition of each test stands for the others.
const LINES_MAX = 27;

function linesOf(model, minEvents) {
  const some = model.tests.filter((test) => test.times.length >= minEvents);
  return some.length <= LINES_MAX ? some : some.filter((test) => test.repeat === 0);
}

function lineOf(test, index, points) {
  return {
    name: test.name,
    type: 'line',
    data: points,
    showSymbol: points.length < 2,
    symbolSize: 5,
    sampling: 'lttb',
    lineStyle: { width: 1.8, type: DASHES[Math.floor(index / HUES.length) % DASHES.length] },
    color: HUES[index % HUES.length],
    emphasis: { focus: 'series', lineStyle: { width: 3 } },
  };
}

function lineChart(t, series, x, y, format) {
  return {
    grid: { left: 58, right: 18, top: 14, bottom: isNarrow() ? 70 : 88 },
    legend: legend(t),
    tooltip: tooltip(t, { trigger: 'item', formatter: format }),
    xAxis: axis(t, x, { splitLine: { show: false } }),
    yAxis: axis(t, y, { nameGap: 42 }),
    series,
  };
}

function tokenChart(t, model) {
  const series = linesOf(model, 1)
    .map((test, i) => ({
      ...lineOf(test, i, test.times.map((time, k) => [time, k + 1])), triggerLineEvent: true,
    }));
  return series.length > 0 && lineChart(t, series, 'seconds since the request', 'tokens',
    (p) => `${escape(p.seriesName)}${p.value ? `<br>${p.value[1]} tokens after ${number(p.value[0])} s` : ''}`);
}

// The median of each stretch of tokens: single gaps jump too much to show a trend.
function medians(times) {
  const stretch = Math.max(8, Math.ceil(times.length / 24));
  const out = [];
  for (let start = 1; start < times.length; start += stretch) {
    const gaps = times.slice(start, start + stretch).map((time, k) => (time - times[start + k - 1]) * 1000);
    const sorted = [...gaps].sort((a, b) => a - b);
    out.push([start + (gaps.length - 1) / 2 + 1, sorted[Math.floor(sorted.length / 2)]]);
  }
  return out;
}

function gapChart(t, model) {
  const series = linesOf(model, 2)
    .map((test, i) => ({ ...lineOf(test, i, medians(test.times)), triggerLineEvent: true }));
  if (series.length === 0) return false;
  const chart = lineChart(t, series, 'token', 'ms',
    (p) => `${escape(p.seriesName)}${p.value ? `<br>${number(p.value[1])} ms near token ${Math.round(p.value[0])}` : ''}`);
  chart.xAxis.min = 0;
  chart.yAxis.min = 0;
  chart.legend = { show: false };
  chart.grid.bottom = 46;
  return chart;
}

function rateChart(t, model) {
  const tests = linesOf(model, 2);
  if (tests.length === 0) return false;
  const bar = (name, key, color) => ({
    name, type: 'bar', color, barMaxWidth: 12, barGap: '15%', itemStyle: { borderRadius: [0, 3, 3, 0] },
    data: tests.map((test) => test[key]),
    label: { show: key === 'decode', position: 'right', color: t.soft, fontSize: 11, formatter: (p) => number(p.value) },
  });
  return {
    grid: { left: 8, right: 44, top: 8, bottom: 52, containLabel: true },
    legend: { ...legend(t), icon: 'roundRect', itemWidth: 12, itemHeight: 8 },
    tooltip: tooltip(t, {
      trigger: 'axis',
      axisPointer: { type: 'none' },
      formatter: (bars) => escape(bars[0].name) + bars
        .map((b) => `<br>${b.marker}${b.seriesName} ${number(b.value)} tok/s`).join(''),
    }),
    xAxis: axis(t, 'tokens per second', { nameGap: 26 }),
    yAxis: {
      type: 'category', inverse: true, data: tests.map((test) => test.name), axisTick: { show: false },
      axisLine: { lineStyle: { color: t.line } },
      axisLabel: { color: t.ink, interval: 0, width: 170, overflow: 'truncate' },
    },
    series: [bar('after the first token', 'decode', t.accent), bar('wait included', 'overall', '#9fb4b8')],
  };
}

// A resumed run has a hole in its samples; the line must not bridge it.
function withHoles(points) {
  const out = [];
  points.forEach((point, i) => {
    if (i > 0 && point[0] - points[i - 1][0] > 10) out.push([points[i - 1][0], null]);
    out.push(point);
  });
  return out;
}

function memoryChart(t, model) {
  if (model.memory.length < 2) return false;
  const spans = model.tests.map((test, i) => [
    { xAxis: test.start, itemStyle: { color: HUES[i % HUES.length], opacity: 0.1 }, name: test.name },
    { xAxis: test.start + (test.seconds ?? 0) },
  ]);
  return {
    grid: { left: 62, right: 18, top: 14, bottom: 46 },
    tooltip: tooltip(t, {
      trigger: 'axis',
      formatter: (points) => `${number(points[0].value[0])} s<br>${number(points[0].value[1])} MiB`,
    }),
    xAxis: axis(t, 'seconds since the start', { splitLine: { show: false }, min: 'dataMin', max: 'dataMax',
      axisLabel: { color: t.soft, hideOverlap: true, showMaxLabel: false } }),
    yAxis: axis(t, 'MiB', { nameGap: 46, min: 0 }),
    series: [{
      type: 'line', data: withHoles(model.memory), showSymbol: false, sampling: 'lttb', color: t.accent,
      lineStyle: { width: 1.8 }, areaStyle: { opacity: 0.12 },
      markArea: { silent: true, label: { show: false }, data: spans },
    }],
  };
}

// Repetition over a setting that was varied.
function sweepChart(t, model) {
  if (model.sweep.length < 2) return false;
  const line = (name, column, color, dash) => ({
    name, type: 'line', color, symbolSize: 7, lineStyle: { width: 1.8, type: dash },
    data: model.sweep.map((point) => [point[0], point[column]]),
  });
  return {
    grid: { left: 58, right: 18, top: 14, bottom: 74 },
    legend: legend(t),
    tooltip: tooltip(t, {
      trigger: 'axis',
      formatter: (points) => number(points[0].value[0]) + points
        .map((p) => `<br>${p.marker}${p.seriesName} ${number(p.value[1])}`).join(''),
    }),
    xAxis: axis(t, 'setting', { splitLine: { show: false } }),
    yAxis: axis(t, 'repetition', { nameGap: 42, min: 0, max: 1 }),
    series: [line('mean', 1, t.accent, 'solid'), line('highest', 2, HUES[1], 'dashed')],
  };
}

const CHARTS = {
  tokens: { make: tokenChart, title: 'Tokens as they arrived',
    text: 'One line per answer: tokens that had arrived against time. A straight line is a steady stream, a step is a stall.' },
  gaps: { make: gapChart, title: 'Time between tokens',
    text: 'Medians of a few tokens in a row, one line per answer. A rising line shows the cost of a longer context.' },
  rates: { make: rateChart, title: 'Speed',
    text: 'Tokens per second after the first, and including the wait for the first.' },
  memory: { make: memoryChart, title: 'Memory of the server',
    text: 'Anonymous and swapped memory during the run; shaded while a test ran.' },
  sweep: { make: sweepChart, title: 'Repetition over the setting',
    text: 'Share of repeated word triples, mean and highest of the answers.' },
};

// A place for a chart gets its caption and its description when the chart is drawn.
function place(figure, title, text) {
  if (!figure.firstChild) {
    const caption = document.createElement('figcaption');
    caption.append(Object.assign(document.createElement('h4'), { textContent: title }),
      Object.assign(document.createElement('p'), { textContent: text }));
    figure.append(caption, Object.assign(document.createElement('div'), { className: 'chart' }));
  }
  const element = figure.querySelector('.chart');
  element.setAttribute('role', 'img');
  element.setAttribute('aria-label', `${title}: ${text} The figures are in the tables.`);
  return element;
}

function draw(isFirst) {
  const t = theme();
  const font = getComputedStyle(document.body).fontFamily;
  drawn.splice(0).forEach((chart) => chart.dispose());
  for (const figure of document.querySelectorAll('figure[data-chart]')) {
    const { make, title, text } = CHARTS[figure.dataset.chart];
    const model = data.models[Number(figure.dataset.subject)];
    const option = make(t, model);
    figure.hidden = !option;
    if (!option) continue;
    const chart = echarts.init(place(figure, title, text), null, { renderer: 'svg' });
    chart.setOption({ animation: isFirst && !calm.matches, animationDuration: 500,
      textStyle: { fontFamily: font }, ...option });
    drawn.push(chart);
  }
}

// What is folded is on paper, too.
function unfold() {
  document.querySelectorAll('details').forEach((details) => { details.open = true; });
}

draw(true);
window.addEventListener('beforeprint', unfold);
for (const [target, event] of [[dark, 'change'], [window, 'resize'], [window, 'beforeprint'], [window, 'afterprint']])
  target.addEventListener(event, () => draw(false));
