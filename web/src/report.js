// report.js - draws the charts of a benchmark report from the data that the page carries, model by model.
//
// The page reads without this script: tables and answers are markup.  Names in the data come from protocols and are text:
// they reach the page through ECharts' labels, which are SVG text, and through tooltips, which escape them.
import { keepDrawn } from './charts/draw.js';
import { drawHeat, expertChart, HEAT_FULL } from './charts/experts.js';
import { gapChart, tokenChart } from './charts/lines.js';
import { memoryChart } from './charts/memory.js';
import { rateChart } from './charts/rates.js';
import { sweepChart } from './charts/sweep.js';
import { followLinks } from './navigation.js';
import { keepMarked } from './tables.js';

const CHARTS = {
  experts: { make: expertChart, draw: drawHeat, title: 'Which experts were chosen',
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

document.documentElement.classList.add('script');
keepDrawn(CHARTS, JSON.parse(document.getElementById('data').textContent).models);
keepMarked();
followLinks();
