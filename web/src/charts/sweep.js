// sweep.js - repetition over a setting that was varied.
import { axis, tooltip } from './parts.js';
import { signed } from './signs.js';
import { number } from './theme.js';

export function sweepChart(t, model) {
  if (model.sweep.length < 2) return false;
  const line = (name, column, color, dash) => signed({
    name, type: 'line', color, lineStyle: { width: 1.8, type: dash },
    data: model.sweep.map((point) => [point[0], point[column]]),
  }, column);
  const worst = model.sweep.reduce((a, b) => (b[2] > a[2] ? b : a));
  return {
    says: `${model.sweep.length} settings. The highest repetition is ${number(worst[2])}, with the setting ${number(worst[0])}.`,
    figures: { columns: [['setting'], ['mean'], ['highest']], rows: model.sweep.map((point) => point.map(number)) },
    grid: { left: 58, right: 18, top: 14, bottom: 46 },
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
