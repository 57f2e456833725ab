/** After all tests of a run. */
export = async (): Promise<void> => {
  await globalThis.waybillBrokerDesk?.close();
};
