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

// A hue for each test, dashes for its repetitions.
const DASHES = ['solid', 'dashed', 'dotted'];
// A longest value of so many times the median squashes all others, unless the axis is logarithmic.
const SQUASHED = 5;

const data = JSON.parse(document.getElementById('data').textContent);
const dark = window.matchMedia('(prefers-color-scheme: dark)');
const calm = window.matchMedia('(prefers-reduced-motion: reduce)');
const drawn = [];

function theme() {
  const style = getComputedStyle(document.documentElement);
  const get = (name) => style.getPropertyValue(name).trim();
  return { ink: get('--ink'), soft: get('--soft'), line: get('--line'), card: get('--card'), accent: get('--accent'),
    hues: get('--hues').split(/\s+/) };
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

// Names that do not fit below a chart are paged through.
const NAMES_MAX = 12;
const isNarrow = () => document.documentElement.clientWidth < 700;

function legend(t, n = 0) {
  return { bottom: 0, type: isNarrow() || n > NAMES_MAX ? 'scroll' : 'plain', pageTextStyle: { color: t.soft },
    pageIconColor: t.accent, pageIconInactiveColor: t.line, icon: 'path://M0,5 h24 v3 h-24 z', itemWidth: 22, itemHeight: 3,
    textStyle: { color: t.soft }, inactiveColor: t.line };
}

// More lines than this say nothing; then the first repetition of each test stands for the others.
const LINES_MAX = 27;

function linesOf(model, minEvents) {
  const some = model.tests.filter((test) => test.times.length >= minEvents);
  return some.length <= LINES_MAX ? some : some.filter((test) => test.repeat === 0);
}

// The repetitions of a test have one name, hue and place in the legend; `answer` tells them apart.
function lineOf(t, model, test, points) {
  return {
    name: model.tests.find((other) => other.index === test.index).name,
    answer: test.name,
    type: 'line',
    data: points,
    showSymbol: points.length < 2,
    symbolSize: 5,
    sampling: 'lttb',
    lineStyle: { width: 1.8, type: DASHES[test.repeat % DASHES.length] },
    color: t.hues[test.index % t.hues.length],
    emphasis: { focus: 'series', lineStyle: { width: 3 } },
  };
}

// How many times the median the largest is, if so many that the others would be squashed; else 0.
function squash(values) {
  const sorted = values.filter((value) => value > 0).sort((a, b) => a - b);
  const times = sorted.length < 3 ? 0 : sorted.at(-1) / sorted[Math.floor(sorted.length / 2)];
  return times >= SQUASHED ? times : 0;
}

const tallNote = (times) => times && `The axis is logarithmic: the largest is ${number(times)} times the median.`;

// Values of all lines where the pointer is, the largest first; more than TIPS_MAX are counted.
const TIPS_MAX = 12;

function tips(points, series, head, text) {
  const rows = [...points].sort((a, b) => b.value[1] - a.value[1])
    .map((p) => `${p.marker}${escape(series[p.seriesIndex].answer)}: ${text(p.value)}`);
  const more = rows.length > TIPS_MAX ? [`and ${rows.length - TIPS_MAX} more`] : [];
  return [head(points[0].value), ...rows.slice(0, TIPS_MAX), ...more].join('<br>');
}

function lineChart(t, series, x, y, format) {
  return {
    grid: { left: 58, right: 18, top: 14, bottom: isNarrow() ? 70 : 88 },
    legend: legend(t, new Set(series.map((line) => line.name)).size),
    tooltip: tooltip(t, { trigger: 'axis', axisPointer: { type: 'line', lineStyle: { color: t.soft } }, formatter: format }),
    xAxis: axis(t, x, { splitLine: { show: false } }),
    yAxis: axis(t, y, { nameGap: 42 }),
    series,
  };
}

function tokenChart(t, model) {
  const tests = linesOf(model, 1);
  if (tests.length === 0) return false;
  const times = squash(tests.map((test) => test.times.at(-1)));
  const series = tests.map((test) => lineOf(t, model, test, test.times.map((time, k) => [times ? Math.max(time, 1e-4) : time, k + 1])));
  const chart = lineChart(t, series, 'seconds since the request', 'tokens',
    (points) => tips(points, series, (v) => `${number(v[0])} s`, (v) => `${v[1]} tokens after ${number(v[0])} s`));
  if (times) chart.xAxis = { ...chart.xAxis, type: 'log', min: 'dataMin', axisLabel: { ...chart.xAxis.axisLabel, formatter: number } };
  return { ...chart, note: times && `${tallNote(times)} A steady stream is curved on it.` };
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

// If most pieces came together with the one before, their gaps are those of the network.
const isTimed = (times) => times.filter((time, i) => i > 0 && time > times[i - 1]).length > times.length / 2;

function gapChart(t, model) {
  const series = linesOf(model, 2).filter((test) => isTimed(test.times)).map((test) => lineOf(t, model, test, medians(test.times)));
  if (series.length === 0) return false;
  const chart = lineChart(t, series, 'token', 'ms',
    (points) => tips(points, series, (v) => `near token ${Math.round(v[0])}`, (v) => `${number(v[1])} ms`));
  const times = squash(series.flatMap((line) => line.data.map((point) => point[1])));
  chart.xAxis.min = 0;
  if (times) series.forEach((line) => { line.data = line.data.filter((point) => point[1] > 0); });
  if (times) chart.yAxis = { ...chart.yAxis, type: 'log', axisLabel: { ...chart.yAxis.axisLabel, formatter: number } };
  else chart.yAxis.min = 0;
  chart.legend = { show: false };
  chart.grid.bottom = 46;
  return { ...chart, note: tallNote(times) };
}

const mean = (values) => (values.length ? values.reduce((a, b) => a + b, 0) / values.length : null);

// The repetitions of a test are one bar.
function pooled(tests) {
  const groups = new Map();
  tests.forEach((test) => groups.set(test.index, [...groups.get(test.index) ?? [], test]));
  return [...groups.values()].map((group) => ({
    name: group[0].name, n: group.length,
    decode: mean(group.map((test) => test.decode).filter((value) => value !== null)),
    overall: mean(group.map((test) => test.overall).filter((value) => value !== null)),
  }));
}

function rateChart(t, model) {
  const tests = pooled(model.tests.filter((test) => test.times.length >= 2));
  if (tests.length === 0) return false;
  const bar = (name, key, color) => ({
    name, type: 'bar', color, barMaxWidth: 12, barGap: '15%', itemStyle: { borderRadius: [0, 3, 3, 0] },
    data: tests.map((test) => test[key]),
    label: { show: true, position: 'right', color: t.soft, fontSize: 11, formatter: (p) => number(p.value) },
  });
  return {
    height: 42 * tests.length + 84,
    grid: { left: 8, right: 44, top: 8, bottom: 52, containLabel: true },
    legend: { ...legend(t), icon: 'roundRect', itemWidth: 12, itemHeight: 8 },
    tooltip: tooltip(t, {
      trigger: 'axis',
      axisPointer: { type: 'none' },
      formatter: (bars) => `${escape(bars[0].name)}${tests[bars[0].dataIndex].n > 1 ? `, mean of ${tests[bars[0].dataIndex].n}` : ''}` + bars
        .map((b) => `<br>${b.marker}${b.seriesName} ${number(b.value)} tok/s`).join(''),
    }),
    xAxis: axis(t, 'tokens per second', { nameGap: 26 }),
    yAxis: {
      type: 'category', inverse: true, data: tests.map((test) => test.name), axisTick: { show: false },
      axisLine: { lineStyle: { color: t.line } },
      axisLabel: { color: t.ink, interval: 0, width: isNarrow() ? 110 : 170, overflow: 'truncate' },
    },
    series: [bar('after the first token', 'decode', t.hues[0]), bar('wait included', 'overall', t.hues[1])],
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
  const spans = model.tests.map((test) => [
    { xAxis: test.start, itemStyle: { color: t.hues[test.index % t.hues.length], opacity: 0.1 }, name: test.name },
    { xAxis: test.start + (test.seconds ?? 0) },
  ]);
  return {
    grid: { left: 62, right: 18, top: 14, bottom: 46 },
    tooltip: tooltip(t, {
      trigger: 'axis',
      formatter: (points) => `${number(points[0].value[0])} s<br>${number(points[0].value[1])} MiB`,
    }),
    xAxis: axis(t, 'seconds since the start', { splitLine: { show: false }, min: 'dataMin', max: 'dataMax',
      axisLabel: { color: t.soft, hideOverlap: true, showMinLabel: false, showMaxLabel: false } }),
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
    series: [line('mean', 1, t.accent, 'solid'), line('highest', 2, t.hues[1], 'dashed')],
  };
}

// ---- experts: a picture of layers (rows) and experts (columns) for each test ----

// As often as all others: pale; this many times as often, or more: the accent.
const HEAT_FULL = 4;

function rgb(color) {
  const context = document.createElement('canvas').getContext('2d');
  context.fillStyle = color;
  return [1, 3, 5].map((at) => parseInt(context.fillStyle.slice(at, at + 2), 16));
}

function heatCanvas(t, experts, test) {
  const { layers, experts: width, heat } = experts;
  const [low, high] = [rgb(t.card), rgb(t.accent)];
  const canvas = Object.assign(document.createElement('canvas'), { width, height: layers });
  const context = canvas.getContext('2d');
  const picture = context.createImageData(width, layers);
  for (let i = 0; i < layers * width; i++) {
    const share = Math.min(1, (heat[test * layers * width + i] / 1e4) * width / HEAT_FULL);
    low.forEach((from, k) => { picture.data[4 * i + k] = from + share * (high[k] - from); });
    picture.data[4 * i + 3] = 255;
  }
  context.putImageData(picture, 0, 0);
  canvas.style.height = `${Math.min(240, Math.max(48, layers * 8))}px`;
  return canvas;
}

// What is under the pointer, in words.
function tell(experts, test, canvas, output, event) {
  const box = canvas.getBoundingClientRect();
  const at = (position, size, n) => Math.min(n - 1, Math.max(0, Math.floor(position / size * n)));
  const layer = at(event.clientY - box.top, box.height, experts.layers);
  const expert = at(event.clientX - box.left, box.width, experts.experts);
  const share = experts.heat[(test * experts.layers + layer) * experts.experts + expert] / 1e4;
  output.textContent = `${experts.tests[test]}, layer ${layer + 1}, expert ${expert}: ${number(100 * share)} % of the choices, `
    + `${number(share * experts.experts)} times its even share`;
}

function drawHeat(t, element, experts) {
  const output = Object.assign(document.createElement('output'), { textContent: 'Point at a picture for its figures.' });
  const grid = Object.assign(document.createElement('div'), { className: 'heat' });
  experts.tests.forEach((name, test) => {
    const canvas = heatCanvas(t, experts, test);
    canvas.addEventListener('pointermove', (event) => tell(experts, test, canvas, output, event));
    const cell = document.createElement('div');
    cell.append(Object.assign(document.createElement('h5'), { textContent: name }), canvas);
    grid.append(cell);
  });
  element.classList.add('heats');
  element.replaceChildren(grid, output);
}

const CHARTS = {
  experts: { title: 'Which experts were chosen',
    text: `One picture for each test: a row for each layer, a column for each expert. Full colour: ${HEAT_FULL} times as often as if all were chosen alike, or more.` },
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
  figure.querySelector('figcaption p').textContent = text;
  const element = figure.querySelector('.chart');
  element.setAttribute('role', 'img');
  element.setAttribute('aria-label', `${title}: ${text} The figures are in the tables.`);
  return element;
}

function drawOne(t, font, figure, isFirst) {
  const { make, title, text } = CHARTS[figure.dataset.chart];
  const model = data.models[Number(figure.dataset.subject)];
  const { note, height, ...option } = (make ? make(t, model) : model.experts && {}) || { note: null };
  figure.hidden = note === null || (!make && !model.experts);
  if (figure.hidden) return;
  const element = place(figure, title, note ? `${text} ${note}` : text);
  if (!make) {
    drawHeat(t, element, model.experts);
    return;
  }
  element.style.height = height ? `${Math.max(240, height)}px` : '';
  const chart = echarts.init(element, null, { renderer: 'svg' });
  chart.setOption({ animation: isFirst && !calm.matches, animationDuration: 500, textStyle: { fontFamily: font }, ...option });
  drawn.push(chart);
}

function draw(isFirst) {
  const t = theme();
  const font = getComputedStyle(document.body).fontFamily;
  drawn.splice(0).forEach((chart) => chart.dispose());
  document.querySelectorAll('figure[data-chart]').forEach((figure) => drawOne(t, font, figure, isFirst));
  markWide();
}

// A table that is wider than its place says so.
function markWide() {
  document.querySelectorAll('.scroll').forEach((place) => {
    place.classList.toggle('wide', place.scrollWidth > place.clientWidth + 1);
  });
}

// What is folded is on paper, too.
function unfold() {
  document.querySelectorAll('details').forEach((details) => { details.open = true; });
}

// What a link leads to may be in folds within folds.
function reveal() {
  const target = document.getElementById(location.hash.slice(1));
  for (let fold = target?.closest('details'); fold; fold = fold.parentElement.closest('details')) fold.open = true;
  if (target?.closest('details')) target.scrollIntoView();
}

draw(true);
reveal();
window.addEventListener('hashchange', reveal);
document.addEventListener('toggle', markWide, true);
window.addEventListener('beforeprint', unfold);
for (const [target, event] of [[dark, 'change'], [window, 'resize'], [window, 'beforeprint'], [window, 'afterprint']])
  target.addEventListener(event, () => draw(false));
