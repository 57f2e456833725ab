import { BrokerDesk } from './broker-desk';

declare global {
  /** Shared with the teardown, and with nothing else. */
  var waybillBrokerDesk: BrokerDesk | undefined;
}

/** Before all tests of a run. Jest wants a default export, and does not map .js to .ts for this file. */
export = async (): Promise<void> => {
  globalThis.waybillBrokerDesk = new BrokerDesk();
  await globalThis.waybillBrokerDesk.open();
};
