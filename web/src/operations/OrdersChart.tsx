import '@mantine/charts/styles.css';
import { AreaChart } from '@mantine/charts';
import { operations } from './strings';

/** What it shows is told by the text beside it. */
export function OrdersChart({ points }: { points: { time: string; orders: number }[] }) {
  return (
    <AreaChart
      h={160}
      data={points}
      dataKey="time"
      series={[{ name: 'orders', label: operations.orders.perSecond, color: 'harbour.6' }]}
      curveType="monotone"
      withDots={false}
      withTooltip={false}
      yAxisProps={{ domain: [0, 'auto'], width: 32, tickCount: 3 }}
      areaProps={{ isAnimationActive: false }}
      areaChartProps={{ accessibilityLayer: false }}
    />
  );
}
