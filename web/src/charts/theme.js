// theme.js - colours of the page for charts, and how figures are written in them.
//
// Colours are the custom properties of style/tokens.css, so that charts follow light, dark and paper.

export function theme() {
  const style = getComputedStyle(document.documentElement);
  const get = (name) => style.getPropertyValue(name).trim();
  return { ink: get('--ink'), soft: get('--soft'), line: get('--line'), card: get('--card'), accent: get('--accent'),
    hues: get('--hues').split(/\s+/) };
}

export const escape = (text) => text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);

export function number(value) {
  if (value === null || !Number.isFinite(value)) return '-';
  const size = Math.abs(value);
  return value.toFixed(size >= 100 || size === 0 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3);
}

export const isPaper = () => document.documentElement.classList.contains('paper');
export const isNarrow = () => document.documentElement.clientWidth < 700;
