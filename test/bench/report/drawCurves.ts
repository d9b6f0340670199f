import { createRequire } from 'node:module';
import type { CostCurve } from '../scaleCommand.ts';

/** Kinds of work in one picture each: their costs differ by orders of magnitude. */
const PANELS: readonly { readonly title: string; readonly workloads: readonly string[] }[] = [
  {
    title: 'Single operations, µs each',
    workloads: ['get, all keys', 'get, 10,000 hot keys', 'get, missing keys'],
  },
  {
    title: 'Work on every key, µs a key',
    workloads: ['bulk load, random keys', 'scan, keys', 'scan, keys and values', 'compaction'],
  },
  {
    title: 'Opening, µs a key',
    workloads: ['open after a clean close', 'open by hint files', 'open by scanning the log'],
  },
  {
    title: 'Memory, bytes a key',
    workloads: ['memory of the open store', "keydir beyond the keys' bytes"],
  },
];
const PANEL = { width: 460, height: 320, left: 70, right: 30, top: 70, bottom: 50 } as const;
const COLORS = ['#1f77b4', '#d95f02', '#1b9e77', '#7570b3'];

/** Costs over the number of keys, both axes logarithmic: level curves are what a store wants. The limits are dashed. */
export function drawCurves(curves: readonly CostCurve[]): string {
  const echarts = createRequire(import.meta.url)('echarts') as typeof import('echarts');
  const size = { width: PANEL.width * 2, height: PANEL.height * 2 };
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, ...size });
  chart.setOption({
    animation: false,
    backgroundColor: '#ffffff',
    title: PANELS.map(({ title }, panel) => ({
      text: title,
      textStyle: { fontSize: 13 },
      ...corner(panel),
      top: corner(panel).top + 8,
    })),
    grid: PANELS.map((_, panel) => gridOf(panel)),
    legend: PANELS.map(({ workloads }, panel) => ({
      data: workloads.filter((workload) => curves.some((curve) => curve.workload === workload)),
      left: corner(panel).left + 10,
      top: corner(panel).top + 28,
      width: PANEL.width - 40,
      itemWidth: 16,
      textStyle: { fontSize: 10 },
    })),
    xAxis: PANELS.map((_, gridIndex) => ({
      gridIndex,
      type: 'log',
      name: 'keys',
      axisLabel: { formatter: shortCount },
    })),
    yAxis: PANELS.map((_, gridIndex) => ({ gridIndex, type: 'log' })),
    series: PANELS.flatMap((panel, index) => seriesOf(curves, panel.workloads, index)),
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return svg;
}

function corner(panel: number): { readonly left: number; readonly top: number } {
  return { left: (panel % 2) * PANEL.width, top: Math.floor(panel / 2) * PANEL.height };
}

function gridOf(panel: number) {
  const { left, top } = corner(panel);
  const width = PANEL.width - PANEL.left - PANEL.right;
  const height = PANEL.height - PANEL.top - PANEL.bottom;
  return { left: left + PANEL.left, top: top + PANEL.top, width, height };
}

function seriesOf(curves: readonly CostCurve[], workloads: readonly string[], axis: number) {
  return workloads.flatMap((workload, color) =>
    curves
      .filter((curve) => curve.workload === workload)
      .map(({ contestant, points }) => ({
        type: 'line',
        name: workload,
        xAxisIndex: axis,
        yAxisIndex: axis,
        data: points,
        color: COLORS[color],
        symbolSize: contestant === 'limit' ? 3 : 7,
        lineStyle: { type: contestant === 'limit' ? 'dashed' : 'solid', width: contestant === 'limit' ? 1 : 2 },
      })),
  );
}

function shortCount(count: number): string {
  return count >= 1e6 ? `${count / 1e6} M` : `${count / 1e3} k`;
}
