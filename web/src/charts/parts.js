// parts.js - what all charts share: axes, legends, tooltips, and axes that one large value does not squash.
import { isNarrow, number } from './theme.js';

// A longest value of so many times the median squashes all others, unless the axis is logarithmic.
const SQUASHED = 5;

export function axis(t, name, more = {}) {
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

export function tooltip(t, more) {
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

export function legend(t, n = 0) {
  return { bottom: 0, type: isNarrow() || n > NAMES_MAX ? 'scroll' : 'plain', pageTextStyle: { color: t.soft },
    pageIconColor: t.accent, pageIconInactiveColor: t.line, icon: 'path://M0,5 h24 v3 h-24 z', itemWidth: 22, itemHeight: 3,
    textStyle: { color: t.soft }, inactiveColor: t.line };
}

// How many times the median the largest is, if so many that the others would be squashed; else 0.
export function squash(values) {
  const sorted = values.filter((value) => value > 0).sort((a, b) => a - b);
  const times = sorted.length < 3 ? 0 : sorted.at(-1) / sorted[Math.floor(sorted.length / 2)];
  return times >= SQUASHED ? times : 0;
}

export const tallNote = (times) => times && `The axis is logarithmic: the largest is ${number(times)} times the median.`;
