import { MODULES } from '../../../src/modules.js';
import type { Stack } from '../stack.js';
import { comesUp, HIDDEN, takesAnOrder } from './every-placement.js';
import { metric, must, step, until } from './telling.js';

/** Both VMs on one machine. */
export async function laptop(stack: Stack): Promise<void> {
  await step('A laptop', () => comesUp(stack, [...HIDDEN, '/docs']));
  await step('An order', () => takesAnOrder());
  await step('What is known of it', () => isObserved(stack));
}

async function isObserved(stack: Stack): Promise<void> {
  const jobs = 'up{job=~"waybill|postgres|redis|node|metrics-agent|prometheus|alertmanager"} == 1';
  const instances = await until('VM 2 has all of them', 90, async () => {
    const found = await metric(jobs);
    return found.size === Object.keys(MODULES).length + 6 && found;
  });
  must(true, `Prometheus of VM 2 has ${[...instances.keys()].toSorted().join(', ')}`);
  const healthy = await stack.compose('ps', '--status', 'running', '--services');
  must(healthy.includes('alertmanager'), 'and Alertmanager runs');
}
