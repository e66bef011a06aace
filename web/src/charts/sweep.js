// sweep.js - repetition over a setting that was varied.
import { axis, legend, tooltip } from './parts.js';
import { number } from './theme.js';

// Repetition over a setting that was varied.
export function sweepChart(t, model) {
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
