import { startWaybill, type Waybill } from '../harness.js';

export interface Placement {
  name: string;
  start: (env?: Record<string, string>) => Promise<Waybill>;
}

/** Where the modules may be. The workflow's tests run in each, and none of them knows which. */
export const PLACEMENTS: Placement[] = [{ name: 'one process', start: startWaybill }];
