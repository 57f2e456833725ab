import { openShop } from '../shop.js';
import { measureOrders } from './measure.js';
import { COMPARED_AT, rowName } from './orders.js';
import type { Subject } from './subject.js';

export const GROWN_ONE = rowName('one process, grown', COMPARED_AT);

/** Waybill on a store of many orders, under the load that `one-process` has on one of a few thousand. */
export const GROWN: Subject = {
  name: 'grown',
  measure: ({ stage, options, step }) =>
    stage.runGrown(async (run) => {
      step(`${GROWN_ONE}: logging buyers in`);
      const shop = await openShop(run.waybill.usersUrl);
      const place = (seconds: number) =>
        measureOrders(run, { shop, arrivals: { connections: COMPARED_AT }, seconds });
      // As the other one has, which is copied anew.
      await run.admin.sql('CHECKPOINT');
      step(`${GROWN_ONE}: warming up`);
      await place(options.warmUpSeconds);
      step(GROWN_ONE);
      return [{ name: GROWN_ONE, figures: await place(options.seconds) }];
    }),
};
